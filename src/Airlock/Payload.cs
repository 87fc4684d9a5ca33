using System.Text.Json;
using System.Text.Unicode;
using Airlock.Core;

namespace Airlock;

/// <summary>What a payload from the application must be, before it goes into a frame as it stands.</summary>
internal static class Payload
{
    // The array of frames and the frame itself are two levels of a message's nesting.
    private static readonly JsonReaderOptions _json = new() { MaxDepth = WireLimits.DepthMax - 2 };

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
                // Reading to the end is the check; it allocates nothing.
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

    /// <summary>Checks the size alone, for what was written as JSON here.</summary>
    /// <exception cref="ArgumentException">It is too large.</exception>
    internal static void CheckSize(ReadOnlyMemory<byte> payload)
    {
        if (payload.Length > Endpoint.PayloadBytesMax)
        {
            throw new ArgumentException($"A message may have {Endpoint.PayloadBytesMax} bytes, this one has {payload.Length}; split it.", nameof(payload));
        }
    }
}
