namespace Airlock.Core;

/// <summary>Everything a <see cref="ConnectionLifecycle"/> knows, as a value: two equal snapshots behave equally for ever.</summary>
public readonly record struct LifecycleSnapshot
{
    /// <summary>The state.</summary>
    public ConnectionState State { get; init; }

    /// <summary>Whether the client has a session to resume: <c>hello</c> asked for one, or the connection was attached to one.</summary>
    public bool HasSession { get; init; }

    /// <summary>The gates as last reported.</summary>
    public GateStatus Gates { get; init; }

    /// <summary>The running deadlines.</summary>
    public Deadlines Deadlines { get; init; }

    /// <summary>Where authentication is.</summary>
    public Acquisition Authentication { get; init; }

    /// <summary>Where the attach is.</summary>
    public Acquisition Attach { get; init; }

    /// <summary>The id of the refresh being validated, or 0.</summary>
    public int RefreshId { get; init; }

    /// <summary>When the credentials expire, or null for never.</summary>
    public long? ExpiresAt { get; init; }

    /// <summary>The message that was being handled when the store was last found silent (<see cref="PeerSigns.Handling"/>), or null.</summary>
    public int? Suspected { get; init; }

    /// <summary>How many effect ids were given out.</summary>
    public int EffectIds { get; init; }

    /// <summary>Why the connection ends, from <see cref="ConnectionState.Closing"/> on.</summary>
    public CloseReason? Reason { get; init; }

    /// <summary>The close code that ended the connection, where it is not this side's to choose; else null.</summary>
    public int? SeenCode { get; init; }

    /// <summary>Which close frames have gone by.</summary>
    public CloseHandshake Handshake { get; init; }
}
