using System.Buffers;
using System.Text.Encodings.Web;

namespace Airlock;

/// <summary>Another encoder that refuses text which is no Unicode: half of a surrogate pair, say of an emoji that was cut in two. Every other one writes U+FFFD without a word.</summary>
internal sealed class WellFormedEncoder(JavaScriptEncoder inner) : JavaScriptEncoder
{
    internal const string Refusal = "A text has half of a surrogate pair in it (of an emoji, say), which is no Unicode. Keep both halves together: cut a text by runes (string.EnumerateRunes) or text elements, not by chars.";

    public override int MaxOutputCharactersPerInputCharacter => inner.MaxOutputCharactersPerInputCharacter;

    /// <summary>Throws if a text has half of a surrogate pair in it.</summary>
    /// <exception cref="ArgumentException">It has.</exception>
    internal static void Check(ReadOnlySpan<char> text)
    {
        for (var at = text.IndexOfAnyInRange('\uD800', '\uDFFF'); at >= 0; at = text.IndexOfAnyInRange('\uD800', '\uDFFF'))
        {
            if (at + 1 == text.Length || !char.IsSurrogatePair(text[at], text[at + 1]))
            {
                throw new ArgumentException(Refusal, nameof(text));
            }

            text = text[(at + 2)..];
        }
    }

    /// <summary>Asked of every text that is written; what is no Unicode always needs encoding, so only what does is looked at.</summary>
    public override unsafe int FindFirstCharacterToEncode(char* text, int textLength)
    {
        var first = inner.FindFirstCharacterToEncode(text, textLength);
        if (first >= 0)
        {
            Check(new ReadOnlySpan<char>(text + first, textLength - first));
        }

        return first;
    }

    public override int FindFirstCharacterToEncodeUtf8(ReadOnlySpan<byte> utf8Text) => inner.FindFirstCharacterToEncodeUtf8(utf8Text);

    public override OperationStatus Encode(ReadOnlySpan<char> source, Span<char> destination, out int charsConsumed, out int charsWritten, bool isFinalBlock = true) =>
        inner.Encode(source, destination, out charsConsumed, out charsWritten, isFinalBlock);

    public override OperationStatus EncodeUtf8(ReadOnlySpan<byte> utf8Source, Span<byte> utf8Destination, out int bytesConsumed, out int bytesWritten, bool isFinalBlock = true) =>
        inner.EncodeUtf8(utf8Source, utf8Destination, out bytesConsumed, out bytesWritten, isFinalBlock);

    public override unsafe bool TryEncodeUnicodeScalar(int unicodeScalar, char* buffer, int bufferLength, out int numberOfCharactersWritten) =>
        inner.TryEncodeUnicodeScalar(unicodeScalar, buffer, bufferLength, out numberOfCharactersWritten);

    public override bool WillEncode(int unicodeScalar) => inner.WillEncode(unicodeScalar);
}
