using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Airlock.Core;

namespace Airlock.Client;

/// <summary>What the server sent: data, or word of what became of data. Immutable.</summary>
public sealed class ServerMessage
{
    internal ServerMessage(MessageKind kind, int epoch) => (Kind, Epoch) = (kind, epoch);

    /// <summary>What it is.</summary>
    public MessageKind Kind { get; }

    /// <summary>The server's number, from 1, in one session; 0 if the client itself tells (<see cref="MessageKind.Lost"/>, and what a loss withdraws).</summary>
    public long Sequence { get; internal init; }

    /// <summary>The id of the message this answers (<see cref="Receipt.Id"/>); null for a message nobody asked for.</summary>
    public string? Re { get; internal init; }

    /// <summary>Which try of the handling wrote it, from 1; 0 if none did.</summary>
    public int Try { get; internal init; }

    /// <summary>Whether the data may be shown but is final only by the <see cref="MessageKind.End"/> of the same <see cref="Re"/> and <see cref="Try"/>.</summary>
    public bool Provisional { get; internal init; }

    /// <summary>For <see cref="MessageKind.End"/>: whether a stop ended the handling.</summary>
    public bool Stopped { get; internal init; }

    /// <summary>For <see cref="MessageKind.Nack"/>: why.</summary>
    public string? Cause { get; internal init; }

    /// <summary>For a nack with cause <c>duplicate</c>: <c>done</c> or <c>pending</c>.</summary>
    public string? Status { get; internal init; }

    /// <summary>For <see cref="MessageKind.Data"/>: one JSON value as UTF-8, byte for byte as the server's application wrote it. Else empty.</summary>
    public ReadOnlyMemory<byte> Payload { get; internal init; }

    /// <summary>For <see cref="MessageKind.Lost"/>: the numbers of the lost session that will not come or were never finished. Else empty.</summary>
    public IReadOnlyList<LostRange> Lost { get; internal init; } = [];

    /// <summary>For <see cref="MessageKind.Gap"/>: how many messages are missing here. Else 0.</summary>
    public long Missed { get; internal init; }

    /// <summary>Whether only its number is known: it is of a kind that a newer server sends, and never given to the application.</summary>
    internal bool IsUnknown { get; init; }

    internal JsonSerializerOptions Json { get; init; } = JsonSerializerOptions.Web;

    /// <summary>The client's number it answers, or 0.</summary>
    internal long ReSequence { get; init; }

    /// <summary>Counts sessions: a number of an old one means nothing in a new one.</summary>
    internal int Epoch { get; }

    /// <summary>Reads the payload with the client's <see cref="AirlockClientOptions.JsonSerializerOptions"/>.</summary>
    /// <typeparam name="T">The type to read.</typeparam>
    /// <exception cref="JsonException">It is not such a value, or this message carries no payload.</exception>
    public T? As<T>() => JsonSerializer.Deserialize<T>(Payload.Span, Json);

    /// <summary>Reads the payload with generated code.</summary>
    /// <param name="info">The generated contract.</param>
    /// <typeparam name="T">The type to read.</typeparam>
    /// <exception cref="JsonException">It is not such a value, or this message carries no payload.</exception>
    public T? As<T>(JsonTypeInfo<T> info) => JsonSerializer.Deserialize(Payload.Span, info);
}
