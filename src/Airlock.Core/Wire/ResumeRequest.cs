using System.Text.Json.Serialization;

namespace Airlock.Core;

/// <summary>The wish to resume a session.</summary>
public sealed record ResumeRequest
{
    /// <summary>The session's id; null for the session that an earlier <c>hello</c> of this <see cref="HelloFrame.Instance"/> made and whose <c>ready</c> never came.</summary>
    public string? Session { get; init; }

    /// <summary>Higher than at every connection of this session before.</summary>
    public required long Attempt { get; init; }

    /// <summary>The highest server number the client has handled; 0 if none.</summary>
    public required long Received { get; init; }

    /// <summary>What <see cref="ReadyFrame.Proof"/> gave an anonymous user's client, or null. One that cannot be read is none.</summary>
    [JsonConverter(typeof(Proof.Lenient))]
    public string? Proof { get; init; }

    /// <summary>Leaves out the session's id and its proof, which are secrets: this may end in a log.</summary>
    public override string ToString() => $"attempt {Attempt}, received {Received}";
}
