namespace Airlock.Lab.Simulation;

/// <summary>How one connection is made.</summary>
public sealed record DialOptions
{
    /// <summary>What the client shows in order to come in; see <see cref="Authority"/>. Null for nothing.</summary>
    public string? Token { get; init; }

    /// <summary>How long the server's accept takes: a load balancer or a slow handshake. Default: none.</summary>
    public TimeSpan AcceptDelay { get; init; }

    /// <summary>Faults on the way to the server.</summary>
    public LinkFaults ToServer { get; init; } = LinkFaults.None;

    /// <summary>Faults on the way to the client.</summary>
    public LinkFaults ToClient { get; init; } = LinkFaults.None;
}
