namespace Airlock.Lab.Simulation;

/// <summary>How one connection is made.</summary>
public sealed record DialOptions
{
    /// <summary>What the client shows in order to come in; see <see cref="Authority"/>. Null for nothing.</summary>
    public string? Token { get; init; }

    /// <summary>Which of several servers it reaches, from 0 in the order of their starts. Default: the first.</summary>
    public int Server { get; init; }

    /// <summary>What an intermediary takes out of the upgrade request. Default: nothing. A subject whose credentials travel so does not get them.</summary>
    public StrippedHeaders Strips { get; init; }

    /// <summary>How long the server's accept takes: a load balancer or a slow handshake. Default: none.</summary>
    public TimeSpan AcceptDelay { get; init; }

    /// <summary>Whether the server's accept fails, as when the client has gone meanwhile. Default: false.</summary>
    public bool AcceptFails { get; init; }

    /// <summary>Faults on the way to the server.</summary>
    public LinkFaults ToServer { get; init; } = LinkFaults.None;

    /// <summary>Faults on the way to the client.</summary>
    public LinkFaults ToClient { get; init; } = LinkFaults.None;
}
