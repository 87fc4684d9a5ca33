using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Airlock.Core;

/// <summary>The <c>traceparent</c> of <c>hello</c> and of a client's <c>data</c>: version 00 of the W3C's Trace Context. Anything else counts as none, for what is traced may not decide what is done.</summary>
public static class TraceParent
{
    /// <summary>The characters of one: <c>00-</c>, 32 of the trace, <c>-</c>, 16 of the span, <c>-</c>, 2 of the flags.</summary>
    public const int Length = 55;

    private static readonly SearchValues<byte> _hex = SearchValues.Create("0123456789abcdef"u8);

    /// <summary>Whether a text is one.</summary>
    /// <param name="text">The text, as it stands on the wire.</param>
    public static bool IsGood(ReadOnlySpan<byte> text) =>
        text.Length == Length
        && text.StartsWith("00-"u8) && text[35] == '-' && text[52] == '-'
        && IsId(text[3..35]) && IsId(text[36..52]) && IsHex(text[53..]);

    private static bool IsId(ReadOnlySpan<byte> text) => IsHex(text) && text.ContainsAnyExcept((byte)'0');

    private static bool IsHex(ReadOnlySpan<byte> text) => !text.ContainsAnyExcept(_hex);

    /// <summary>Reads a bad one of any kind as none.</summary>
    internal sealed class Lenient : JsonConverter<string?>
    {
        /// <inheritdoc/>
        public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            var isGood = reader.TokenType == JsonTokenType.String && IsGood(reader.ValueSpan);
            reader.Skip();
            return isGood ? reader.GetString() : null;
        }

        /// <inheritdoc/>
        public override void Write(Utf8JsonWriter writer, string? value, JsonSerializerOptions options) => writer.WriteStringValue(value);
    }
}
