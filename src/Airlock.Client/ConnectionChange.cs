using Airlock.Core;

namespace Airlock.Client;

/// <summary>Something that happened to one of a client's connections. Immutable.</summary>
public sealed record ConnectionChange
{
    /// <summary>Which of the client's connections, counted from 1.</summary>
    public required int Number { get; init; }

    /// <summary>The server's id of the connection, also in every line of the server's log; null until <c>open</c>.</summary>
    public string? Connection { get; init; }

    /// <summary>The state that was entered; the same as before if this only tells of a gate or of stripped credentials.</summary>
    public required ConnectionState State { get; init; }

    /// <summary>When, by this machine's clock.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>How long the connection has been in the state before; zero for the first.</summary>
    public TimeSpan Lasted { get; init; }

    /// <summary>The stable name of why the connection ends, with <see cref="ConnectionState.Closing"/>, <see cref="ConnectionState.Closed"/> and <see cref="ConnectionState.Failed"/>; else null.</summary>
    public string? Cause { get; init; }

    /// <summary>The close code that goes with <see cref="Cause"/>, or null.</summary>
    public int? Code { get; init; }

    /// <summary>A sentence for a developer about <see cref="Cause"/>, or null.</summary>
    public string? Detail { get; init; }

    /// <summary>What the platform or the application's own code threw, if that is why the connection ends; else null. It is not logged.</summary>
    public Exception? Exception { get; init; }

    /// <summary>When the next connection is made, if this end leads to one; else null.</summary>
    public TimeSpan? RetryIn { get; init; }

    /// <summary>Credentials that were put on the request and did not arrive: something in between stripped them.</summary>
    public IReadOnlyList<string> Stripped { get; init; } = [];

    /// <summary>The gate that changed, or null.</summary>
    public GateFrame? Gate { get; init; }

    /// <summary>With <see cref="ConnectionState.ProcessingReady"/>: whether the session was resumed. Else null.</summary>
    public bool? Resumed { get; init; }
}
