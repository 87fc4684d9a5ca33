using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Airlock.Core;

namespace Airlock;

/// <summary>What a payload from the application must be, before it goes into a frame as it stands.</summary>
internal static class Payload
{
    /// <summary>The largest payload a server may send, in bytes: a message of <see cref="WireLimits.ServerMessageBytesMax"/> less its frame.</summary>
    internal const int BytesMax = WireLimits.ServerMessageBytesMax - 1024;

    private static readonly JsonReaderOptions _json = new() { MaxDepth = WireLimits.PayloadDepthMax };

    /// <summary>Checks the size, and that it is exactly one JSON value: anything else would break the frame it is put into.</summary>
    /// <exception cref="ArgumentException">It is not; the message says what is wrong.</exception>
    internal static void CheckJson(ReadOnlyMemory<byte> payload)
    {
        CheckText(payload);
        try
        {
            var reader = new Utf8JsonReader(payload.Span, _json);
            while (reader.Read())
            {
                // Reading to the end is the check; it allocates nothing but for what is escaped.
                if (reader.ValueIsEscaped)
                {
                    CheckEscaped(ref reader);
                }
            }
        }
        catch (JsonException e)
        {
            throw new ArgumentException($"A payload is one JSON value of at most {_json.MaxDepth} levels: {e.Message}", nameof(payload), e);
        }
    }

    /// <summary>Checks the size, and that it is text at all: a WebSocket text message is UTF-8 (RFC 6455 §5.6), and so is every JSON string in it.</summary>
    /// <exception cref="ArgumentException">It is not.</exception>
    internal static void CheckText(ReadOnlyMemory<byte> payload)
    {
        CheckSize(payload);
        if (!Utf8.IsValid(payload.Span))
        {
            throw new ArgumentException("A payload is UTF-8 text, and this one is not.", nameof(payload));
        }
    }

    /// <summary>Checks what a serializer wrote, as thoroughly: a converter of the application may write comments, raw text that is no JSON, or nothing at all, and nobody would tell it.</summary>
    /// <exception cref="ArgumentException">It is not one JSON value, is too large, nests too deep, or an escape in it is no Unicode.</exception>
    internal static void CheckWritten(ReadOnlyMemory<byte> payload) => CheckJson(payload);

    /// <summary>A text as UTF-8.</summary>
    /// <exception cref="ArgumentException">It is no Unicode.</exception>
    internal static ReadOnlyMemory<byte> Encode(string text)
    {
        WellFormedEncoder.Check(text);
        var payload = Encoding.UTF8.GetBytes(text);
        CheckSize(payload);
        return payload;
    }

    /// <summary>An escape may be half of a surrogate pair.</summary>
    private static void CheckEscaped(ref Utf8JsonReader reader)
    {
        try
        {
            _ = reader.GetString();
        }
        catch (InvalidOperationException e)
        {
            throw new ArgumentException(WellFormedEncoder.Refusal, e);
        }
    }

    /// <summary>Checks the size alone.</summary>
    /// <exception cref="ArgumentException">It is too large.</exception>
    internal static void CheckSize(ReadOnlyMemory<byte> payload)
    {
        if (payload.Length > BytesMax)
        {
            throw new ArgumentException($"A message to a client may have {BytesMax} bytes, this one has {payload.Length}; split it. The limit is the protocol's, and larger messages of clients do not change it.", nameof(payload));
        }
    }
}
