using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Airlock.Core;

/// <summary>A client's <c>data</c> as the shipped clients write it: <c>{"t":"data","s":1,"id":"…","a":1,"b":…}</c>, with or without <c>a</c>, without white space.</summary>
/// <remarks>
/// Nearly every frame that a server reads is one. It is read here in one pass; whatever differs, right or wrong, is left to <see cref="FrameFields"/>.
/// Invariant: what is read here is read the same there.
/// </remarks>
internal static class ClientData
{
    private const int DigitsMax = 16;
    private static readonly SearchValues<byte> _endsPlainText = SearchValues.Create([.. Enumerable.Range(0, ' ').Select(static c => (byte)c), (byte)'"', (byte)'\\']);

    /// <summary>Reads the frame that stands first.</summary>
    /// <param name="message">The message from that frame on.</param>
    /// <param name="frame">The frame.</param>
    /// <param name="length">Its length.</param>
    /// <returns>False if it is not of this form; that says nothing about whether it is good.</returns>
    /// <exception cref="JsonException">The payload is no JSON.</exception>
    internal static bool TryRead(ReadOnlyMemory<byte> message, out Frame frame, out int length)
    {
        frame = default;
        length = 0;
        var at = message.Span;
        if (!Skip(ref at, "{\"t\":\"data\",\"s\":"u8) || !Number(ref at, out var sequence) || sequence == 0
            || !Skip(ref at, ",\"id\":\""u8) || !Id(ref at, out var id))
        {
            return false;
        }

        long? acked = null;
        if (Skip(ref at, ",\"a\":"u8))
        {
            if (!Number(ref at, out var number))
            {
                return false;
            }

            acked = number;
        }

        if (!Skip(ref at, ",\"b\":"u8))
        {
            return false;
        }

        var start = message.Length - at.Length;
        var size = PayloadLength(at);
        at = at[size..];
        if (at.Length == 0 || at[0] != '}')
        {
            return false;
        }

        frame = new Frame { Type = FrameType.Data, Sequence = sequence, Id = id, Acked = acked, Payload = message.Slice(start, size) };
        length = start + size + 1;
        return true;
    }

    private static bool Skip(ref ReadOnlySpan<byte> at, ReadOnlySpan<byte> text)
    {
        if (!at.StartsWith(text))
        {
            return false;
        }

        at = at[text.Length..];
        return true;
    }

    private static bool Number(ref ReadOnlySpan<byte> at, out long number)
    {
        number = 0;
        var digits = 0;
        while (digits < at.Length && digits <= DigitsMax && at[digits] is >= (byte)'0' and <= (byte)'9')
        {
            number = (number * 10) + (at[digits++] - '0');
        }

        var isGood = digits > 0 && (digits == 1 || at[0] != '0') && number <= WireLimits.SequenceMax;
        at = at[digits..];
        return isGood;
    }

    private static bool Id(ref ReadOnlySpan<byte> at, out string id)
    {
        var end = 0;
        while (end < at.Length && end <= WireLimits.IdLengthMax && at[end] is >= (byte)'!' and <= (byte)'~' and not (byte)'"' and not (byte)'\\')
        {
            end++;
        }

        if (end is 0 or > WireLimits.IdLengthMax || end == at.Length || at[end] != '"')
        {
            id = "";
            return false;
        }

        id = Encoding.ASCII.GetString(at[..end]);
        at = at[(end + 1)..];
        return true;
    }

    private static int PayloadLength(ReadOnlySpan<byte> at)
    {
        if (at.Length > 0 && at[0] == '"' && at[1..].IndexOfAny(_endsPlainText) is >= 0 and var end && at[end + 1] == '"')
        {
            return end + 2;
        }

        var json = new Utf8JsonReader(at, new JsonReaderOptions { MaxDepth = WireLimits.PayloadDepthMax });
        json.Read();
        json.Skip();
        return (int)json.BytesConsumed;
    }
}
