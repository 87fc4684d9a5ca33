using System.Text.Json.Serialization;

namespace Airlock.Lab.Wire;

/// <summary>One line of a history: somebody began something (<c>invoke</c>), it came true (<c>ok</c>), it did not (<c>fail</c>), or nobody can tell (<c>info</c>, which also tells what merely happened).</summary>
/// <param name="At">When, by the clock of the machine that all parties share.</param>
/// <param name="Type"><c>invoke</c>, <c>ok</c>, <c>fail</c> or <c>info</c>.</param>
/// <param name="What"><c>dial</c>, <c>ready</c>, <c>send</c>, <c>get</c>, <c>lost</c>, <c>leave</c>, <c>close</c>, <c>expect</c> and <c>fault</c> of clients and the lab; <c>move</c>, <c>end</c> and <c>log</c> of servers.</param>
/// <param name="Process">Whose line it is.</param>
internal sealed record HistoryEntry(DateTimeOffset At, string Type, [property: JsonPropertyName("f")] string What, string Process)
{
    /// <summary>The connection, by the server's id where the client knows it.</summary>
    public string? Connection { get; init; }

    /// <summary>The message's id.</summary>
    public string? Id { get; init; }

    /// <summary>The client's user, or the one named in an answer.</summary>
    public string? User { get; init; }

    /// <summary>The session, as the client counts them.</summary>
    public string? Session { get; init; }

    /// <summary>A message's number in its direction.</summary>
    public long? Number { get; init; }

    /// <summary>The state before; the level of a line in a log.</summary>
    public string? From { get; init; }

    /// <summary>The state after.</summary>
    public string? To { get; init; }

    /// <summary>Close code or HTTP status.</summary>
    public int? Code { get; init; }

    /// <summary>Why, or what, in words.</summary>
    public string? Cause { get; init; }

    /// <summary>With <c>close</c>: whether a close frame of the server told it.</summary>
    public bool? Told { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(HistoryEntry))]
internal sealed partial class HistoryJson : JsonSerializerContext;
