using System.Text.Json;
using System.Text.Json.Serialization;

namespace Airlock.Lab.Subjects.Legacy;

/// <summary>A message of the legacy protocol: one flat JSON object with snake-case names (dossier §2.12).</summary>
/// <param name="Type">What it is: <c>user_message</c>, <c>agent_event</c>, <c>reply</c>, <c>error</c>, <c>ping</c>, <c>pong</c>, <c>system_message</c>.</param>
internal sealed record LegacyFrame(string Type)
{
    /// <summary>The application's message that it is, or answers.</summary>
    public string? MessageId { get; init; }

    /// <summary>Whom an answer was made for, or why there is none. Of an event, all it says.</summary>
    public string? Content { get; init; }

    /// <summary>What a system message says: <c>connection_established</c>. Of a reply, the event that it is, if it is one.</summary>
    public string? Event { get; init; }

    /// <summary>The connection's id, in the welcome.</summary>
    public string? ConnectionId { get; init; }

    /// <summary>What the welcome claims.</summary>
    public bool? ConnectionReady { get; init; }

    /// <summary>Reads one.</summary>
    /// <param name="bytes">A whole text message.</param>
    public static LegacyFrame Parse(ReadOnlySpan<byte> bytes) => JsonSerializer.Deserialize(bytes, LegacyJson.Default.LegacyFrame)!;

    /// <summary>Writes it.</summary>
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, LegacyJson.Default.LegacyFrame);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(LegacyFrame))]
internal sealed partial class LegacyJson : JsonSerializerContext;
