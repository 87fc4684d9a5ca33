namespace Airlock;

/// <summary>The limits of a <see cref="MemorySessionStore"/>.</summary>
public sealed record MemorySessionStoreOptions
{
    /// <summary>How long a session waits, detached, for its client to resume. From 1 second to 24 hours. Default: 2 minutes.</summary>
    public TimeSpan ResumeTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How many live sessions one user may have at an endpoint. From 1 to 10,000. Default: 16. The one detached longest makes room.</summary>
    public int SessionsPerUserMax { get; init; } = 16;

    /// <summary>How long the counters of an ended session, and the ids of messages, are remembered. From 1 second to 24 hours. Default: 1 hour.</summary>
    public TimeSpan MemoryLifetime { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How many ended sessions, and how many users without a live one, are remembered. From 0 to 10,000,000. Default: 100,000. The oldest are forgotten first.</summary>
    public int TombstonesMax { get; init; } = 100_000;

    /// <summary>How many message ids are remembered for one user. From 1 to 1,000,000. Default: 4,096. The oldest are forgotten first.</summary>
    public int IdsPerUserMax { get; init; } = 4096;

    internal void Validate()
    {
        Check(ResumeTimeout.TotalSeconds, 1, 86_400, nameof(ResumeTimeout));
        Check(SessionsPerUserMax, 1, 10_000, nameof(SessionsPerUserMax));
        Check(MemoryLifetime.TotalSeconds, 1, 86_400, nameof(MemoryLifetime));
        Check(TombstonesMax, 0, 10_000_000, nameof(TombstonesMax));
        Check(IdsPerUserMax, 1, 1_000_000, nameof(IdsPerUserMax));
    }

    private static void Check(double value, double least, double most, string name)
    {
        if (!(value >= least && value <= most))
        {
            throw new ArgumentOutOfRangeException(name, value, FormattableString.Invariant($"{name} must be from {least} to {most}."));
        }
    }
}
