using System.Text.Json.Serialization;

namespace Airlock.Core;

/// <summary><c>open</c>: The first frame of a server.</summary>
public sealed record OpenFrame
{
    /// <summary><c>v</c>: the protocol version.</summary>
    [JsonPropertyName("v")]
    public required int Version { get; init; }

    /// <summary>The connection's one id.</summary>
    public required string Connection { get; init; }

    /// <summary>The server's clock, in milliseconds since 1970.</summary>
    public required long Now { get; init; }

    /// <summary>How long each phase may take.</summary>
    public required PhaseDeadlines Deadlines { get; init; }

    /// <summary>How much data may arrive before <c>authed</c>.</summary>
    public required HoldCredit Hold { get; init; }

    /// <summary>The sizes a client must keep to.</summary>
    public required MessageLimits Limits { get; init; }

    /// <summary>Which credentials arrived with the request; names only.</summary>
    public required IReadOnlyList<string> Carriers { get; init; }

    /// <summary>What the server can beyond the first version of the protocol, by name (<see cref="Protocol.Can"/>); null if nothing.</summary>
    public IReadOnlyList<string>? Can { get; init; }
}
