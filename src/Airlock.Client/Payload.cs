using System.Text.Json;
using System.Text.Unicode;
using Airlock.Core;

namespace Airlock;

/// <summary>What a payload from the application must be, before it goes into a frame as it stands. The server's class of this name checks its own ways out.</summary>
internal static class Payload
{
    /// <summary>Checks what a serializer wrote: it is JSON, but it may nest too deep, or have an escape that is no Unicode.</summary>
    /// <exception cref="ArgumentException">It does.</exception>
    internal static void CheckWritten(ReadOnlyMemory<byte> payload)
    {
        if (!IsOneJsonValue(payload.Span))
        {
            throw new ArgumentException($"A payload is one JSON value as UTF-8, nested at most {WireLimits.PayloadDepthMax} deep, and its text is Unicode.", nameof(payload));
        }
    }

    internal static bool IsOneJsonValue(ReadOnlySpan<byte> payload)
    {
        try
        {
            var json = new Utf8JsonReader(payload, new JsonReaderOptions { MaxDepth = WireLimits.PayloadDepthMax });
            var values = 0;
            while (json.Read())
            {
                values += json.CurrentDepth == 0 && json.TokenType is not (JsonTokenType.EndArray or JsonTokenType.EndObject) ? 1 : 0;
                if (json.ValueIsEscaped)
                {
                    // Half of a surrogate pair is no Unicode, and the server's reader would refuse it.
                    _ = json.GetString();
                }
            }

            return values == 1 && Utf8.IsValid(payload);
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException)
        {
            return false;
        }
    }
}
