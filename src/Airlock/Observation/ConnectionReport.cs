using Airlock.Core;

namespace Airlock;

/// <summary>Everything known of a connection at one moment. Holds no secret: sessions are named by a tag. Immutable.</summary>
public sealed record ConnectionReport
{
    /// <summary>Its id, as in the log.</summary>
    public required string Id { get; init; }

    /// <summary>Which one of this server it is, from 1.</summary>
    public required long Number { get; init; }

    /// <summary>The endpoint's name.</summary>
    public required string Endpoint { get; init; }

    /// <summary>The state.</summary>
    public required ConnectionState State { get; init; }

    /// <summary>When it came, on the clock of <see cref="Observation.Now"/>.</summary>
    public required TimeSpan OpenedAt { get; init; }

    /// <summary>Since when it is in its state, on the same clock.</summary>
    public required TimeSpan Since { get; init; }

    /// <summary>Where it comes from, as the limits by address have it, or null.</summary>
    public string? Address { get; init; }

    /// <summary>What the client calls itself, or null as long as it has not said hello.</summary>
    public string? Client { get; init; }

    /// <summary>Whose it is, or null as long as nobody is known.</summary>
    public Principal? Principal { get; init; }

    /// <summary>The gates that are not open, as the connection last saw them.</summary>
    public IReadOnlyList<string> GatesDown { get; init; } = [];

    /// <summary>Names the session: the same for every connection of it, and of no use for resuming it. Null before the first attach.</summary>
    public string? SessionTag { get; init; }

    /// <summary>Whether the session went on with this connection; null before the attach.</summary>
    public bool? IsResumed { get; init; }

    /// <summary>Which attempt of the session's client this is, or null before the attach.</summary>
    public long? Attempt { get; init; }

    /// <summary>The session's counters, or null before the attach.</summary>
    public SessionPositions? Positions { get; init; }

    /// <summary>Why it ends, from <see cref="ConnectionState.Closing"/> on; else null.</summary>
    public CloseReason? Reason { get; init; }

    /// <summary>The close code, from <see cref="ConnectionState.Closing"/> on; else null.</summary>
    public int? Code { get; init; }

    /// <summary>What it has been through, oldest first.</summary>
    public required IReadOnlyList<FlightEntry> Record { get; init; }
}
