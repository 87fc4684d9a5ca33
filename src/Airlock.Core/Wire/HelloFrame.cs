using System.Text.Json.Serialization;

namespace Airlock.Core;

/// <summary><c>hello</c>: The first frame of a client.</summary>
public sealed record HelloFrame
{
    /// <summary><c>v</c>: the protocol version.</summary>
    [JsonPropertyName("v")]
    public required int Version { get; init; }

    /// <summary>Name and version of the client, for logs.</summary>
    public required string Client { get; init; }

    /// <summary>Random, the same for the life of the client object.</summary>
    public required string Instance { get; init; }

    /// <summary>Which carriers the client put on the request.</summary>
    public IReadOnlyList<string>? Sent { get; init; }

    /// <summary>Credentials in the frame itself, or null.</summary>
    public HelloCredentials? Auth { get; init; }

    /// <summary>The wish to resume, or null for a new session.</summary>
    public ResumeRequest? Resume { get; init; }

    /// <summary>How the session's connections since the last <c>ready</c> ended, oldest first; empty from a client that has taken the session over from an earlier process or page. Null if it does not tell.</summary>
    public IReadOnlyList<SeenClose>? Saw { get; init; }

    /// <summary>What the client can beyond the first version of the protocol, by name (<see cref="Protocol.Can"/>); null if nothing.</summary>
    public IReadOnlyList<string>? Can { get; init; }

    /// <summary>What the client was doing when it connected (<see cref="Core.TraceParent"/>), or null.</summary>
    [JsonPropertyName("traceparent")]
    [JsonConverter(typeof(TraceParent.Lenient))]
    public string? TraceParent { get; init; }
}
