namespace Airlock;

/// <summary>The limits of a <see cref="MemorySessionStore"/>.</summary>
public sealed record MemorySessionStoreOptions
{
    /// <summary>How long a session waits, detached, for its client to resume. From 1 second to 24 hours. Default: 2 minutes.</summary>
    public TimeSpan ResumeTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How many live sessions one user may have at an endpoint. From 1 to 10,000. Default: 16. The one detached longest makes room; if none is detached, <see cref="Core.CloseReason.SessionLimit"/>.</summary>
    public int SessionsPerUserMax { get; init; } = 16;

    /// <summary>
    /// How many live sessions one address may have begun at an endpoint, whoever their users are. From 1 to 10,000,000. Default: 10,000. The one detached longest
    /// makes room; if none is detached, <see cref="Core.CloseReason.SessionLimit"/>.
    /// </summary>
    /// <remarks>
    /// It bounds what clients without a user can pile up, each of which is a new one. An address is what <see cref="AttachRequest.Address"/> says: one for all who share a
    /// NAT, so the default is ten times the connections an address may have (<see cref="EndpointOptions.ConnectionsPerAddressMax"/>). Behind a proxy whose forwarded headers
    /// the host does not read it is one for everybody: then raise both. A session resumed from elsewhere still counts where it began.
    /// </remarks>
    public int SessionsPerAddressMax { get; init; } = 10_000;

    /// <summary>How long the counters of an ended session, and the ids of messages, are remembered (ids up to <see cref="IdsPerUserMax"/>). From 1 second to 24 hours. Default: 1 hour.</summary>
    public TimeSpan MemoryLifetime { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How many ended sessions, and how many users without a live one, are remembered. From 0 to 10,000,000. Default: 100,000. The oldest are forgotten first.</summary>
    public int TombstonesMax { get; init; } = 100_000;

    /// <summary>
    /// How many message ids are remembered for one user at an endpoint. From 1 to 1,000,000. Default: 65,536. The oldest are forgotten first, however young: a message that comes
    /// again under one of them is handled again. Places for them are made as they come, twice as many each time, of 64 bytes: one takes up to 128 bytes, and 65,536 take 4 MiB.
    /// </summary>
    public int IdsPerUserMax { get; init; } = 65_536;

    /// <summary>What is wrong with these options, in words; empty if nothing is.</summary>
    public IReadOnlyList<string> Faults() => Check().Words;

    /// <summary>Checks every range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside its range; the message says which, its value and the range, for each.</exception>
    public void Validate() => Check().Throw();

    private OptionFaults Check()
    {
        var faults = new OptionFaults();
        faults.CheckRange(nameof(ResumeTimeout), ResumeTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1));
        faults.CheckRange(nameof(SessionsPerUserMax), SessionsPerUserMax, 1, 10_000);
        faults.CheckRange(nameof(SessionsPerAddressMax), SessionsPerAddressMax, 1, 10_000_000);
        faults.CheckRange(nameof(MemoryLifetime), MemoryLifetime, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1));
        faults.CheckRange(nameof(TombstonesMax), TombstonesMax, 0, 10_000_000);
        faults.CheckRange(nameof(IdsPerUserMax), IdsPerUserMax, 1, 1_000_000);
        return faults;
    }
}
