namespace Airlock.Core;

/// <summary>How much data may arrive before <c>ready</c>.</summary>
public sealed record HoldCredit
{
    /// <summary>Messages, in all.</summary>
    public required int Messages { get; init; }

    /// <summary>Payload bytes, in all.</summary>
    public required int Bytes { get; init; }
}
