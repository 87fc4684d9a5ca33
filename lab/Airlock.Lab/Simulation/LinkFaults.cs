namespace Airlock.Lab.Simulation;

/// <summary>What goes wrong on one direction of a link.</summary>
public sealed record LinkFaults
{
    /// <summary>Nothing.</summary>
    public static readonly LinkFaults None = new();

    /// <summary>How long bytes take. Default: none; they still arrive in a step of their own.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>Whether a read may get less, or more, than was written in one go. Default: false.</summary>
    public bool Splits { get; init; }

    /// <summary>After how many bytes the link is cut; null for never.</summary>
    public long? CutAfter { get; init; }

    /// <summary>How it is cut.</summary>
    public LinkCut Cut { get; init; }

    /// <summary>How many bytes may lie unread before a write waits. Default: 64 KiB.</summary>
    public int Capacity { get; init; } = 64 * 1024;
}
