using System.Collections.ObjectModel;
using Airlock.Core;

namespace Airlock;

/// <summary>What is known of a connection before it is accepted.</summary>
public sealed record ConnectionRequest
{
    /// <summary>The request itself.</summary>
    public required IUpgrade Upgrade { get; init; }

    /// <summary>Where it comes from, for the limits by address; null is not limited.</summary>
    public string? Address { get; init; }

    /// <summary>The values of the endpoint's route, by the names of its parameters. They are the session's: one made at another place is not resumed here. Default: none.</summary>
    public IReadOnlyDictionary<string, string> Route { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>The sub-protocol to select: <see cref="Protocol.Name"/>, or null.</summary>
    public string? SubProtocol { get; init; }

    /// <summary>Whether to speak raw text messages instead of frames (<c>spec/wire.md</c> §9).</summary>
    public bool IsPlain { get; init; }

    /// <summary>A reason to refuse that is known already, or null.</summary>
    public CloseReason? Refuse { get; init; }

    /// <summary>Whether to accept the WebSocket in order to refuse it, since the peer (a browser) cannot read an HTTP answer.</summary>
    public bool AcceptToRefuse { get; init; }

    /// <summary>Whether a client only asks what is said to it here (<c>spec/wire.md</c> §1). It is answered as any other, and is no client's connection: neither measured nor remembered, and its end is logged for debugging only. Default: false.</summary>
    public bool IsProbe { get; init; }

    /// <summary>Which credentials arrived with the request; names only.</summary>
    public IReadOnlyList<string> Carriers { get; init; } = [];

    /// <summary>What the host's authentication needs; not looked at here.</summary>
    public object? Credentials { get; init; }
}
