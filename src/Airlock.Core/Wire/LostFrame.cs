namespace Airlock.Core;

/// <summary>A range of lost numbers in <c>ready</c>.</summary>
public sealed record LostFrame
{
    /// <summary><c>up</c> or <c>down</c>.</summary>
    public required string Direction { get; init; }

    /// <summary>The first.</summary>
    public required long From { get; init; }

    /// <summary>The last, or null if it is not known.</summary>
    public long? To { get; init; }
}
