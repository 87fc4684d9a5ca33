namespace Airlock.Core;

/// <summary>What a driver has seen of its peer by the time a deadline passes. Hearing something costs no event: it is told when it matters. Instants are ticks of the driver's clock.</summary>
public readonly record struct PeerSigns
{
    /// <summary>Nothing was ever heard.</summary>
    public static PeerSigns None => new() { HeardAt = long.MinValue, StoreAnsweredAt = long.MinValue };

    /// <summary>When something was heard last. Where the transport asks the peer itself, as in plain mode, which has no <c>ping</c>: now.</summary>
    public long HeardAt { get; init; }

    /// <summary>When the message began of which not everything is here; null if there is none.</summary>
    public long? MessageBegan { get; init; }

    /// <summary>Which message is being handled, by any number that the next one does not have; null if none is. Nothing is read meanwhile, so nothing is heard.</summary>
    public int? Handling { get; init; }

    /// <summary>When the session's store answered last.</summary>
    public long StoreAnsweredAt { get; init; }

    /// <summary>Whether authentication waits for the store, which is asked for the session that <c>hello</c> names.</summary>
    public bool IsSessionSought { get; init; }
}
