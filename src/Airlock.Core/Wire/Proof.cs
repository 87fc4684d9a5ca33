using System.Text.Json;
using System.Text.Json.Serialization;

namespace Airlock.Core;

/// <summary>The <c>proof</c> of an anonymous user's session: 1 to 1,024 characters from <c>!</c> to <c>~</c>, which only the server that made it reads.</summary>
public static class Proof
{
    /// <summary>Whether a text can be one. Whether it is good only its signature tells.</summary>
    /// <param name="text">The text.</param>
    public static bool IsGood(ReadOnlySpan<char> text) => text.Length is > 0 and <= WireLimits.ProofLengthMax && !text.ContainsAnyExceptInRange('!', '~');

    /// <summary>Reads a bad one of any kind as none: a client that lost its proof still has its cookie.</summary>
    internal sealed class Lenient : JsonConverter<string?>
    {
        // A character takes six bytes where it is escaped.
        private const int BytesMax = WireLimits.ProofLengthMax * 6;

        /// <inheritdoc/>
        public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            if (reader.TokenType != JsonTokenType.String)
            {
                reader.Skip();
                return null;
            }

            if (reader.ValueSpan.Length > BytesMax)
            {
                return null;
            }

            Span<byte> text = stackalloc byte[BytesMax];
            try
            {
                // Ascii or none; of what is none nothing becomes a string.
                text = text[..reader.CopyString(text)];
            }
            catch (InvalidOperationException)
            {
                // No Unicode text, such as half of a surrogate pair.
                return null;
            }

            return text.Length is > 0 and <= WireLimits.ProofLengthMax && !text.ContainsAnyExceptInRange((byte)'!', (byte)'~') ? System.Text.Encoding.ASCII.GetString(text) : null;
        }

        /// <inheritdoc/>
        public override void Write(Utf8JsonWriter writer, string? value, JsonSerializerOptions options) => writer.WriteStringValue(value);
    }
}
