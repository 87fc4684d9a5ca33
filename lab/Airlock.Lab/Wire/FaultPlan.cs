namespace Airlock.Lab.Wire;

/// <summary>What a fault proxy does to one connection. Default: nothing.</summary>
internal sealed record FaultPlan
{
    /// <summary>How long each piece waits at least.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>How much longer it waits at most, by the seed.</summary>
    public TimeSpan Jitter { get; init; }

    /// <summary>Decides the jitter.</summary>
    public int Seed { get; init; }

    /// <summary>How large a piece is at most.</summary>
    public int PieceBytesMax { get; init; } = 64 * 1024;

    /// <summary>What strikes; null for nothing.</summary>
    public FaultKind? Fault { get; init; }

    /// <summary>Whether it strikes what the server sends, rather than what the client sends.</summary>
    public bool TowardsClient { get; init; } = true;

    /// <summary>After how many bytes in that direction: exactly so many are passed on.</summary>
    public long AfterBytes { get; init; }
}
