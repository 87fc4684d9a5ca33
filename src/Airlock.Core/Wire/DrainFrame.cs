namespace Airlock.Core;

/// <summary><c>drain</c>: The connection should move.</summary>
public sealed record DrainFrame
{
    /// <summary>After how many milliseconds to open the next one.</summary>
    public required long Delay { get; init; }

    /// <summary>When this one is closed, in milliseconds since 1970.</summary>
    public required long By { get; init; }
}
