using System.Text;

namespace Airlock.Hostile.Fuzzing;

/// <summary>Makes a message that is nearly right out of one that is right, or out of one that was nearly right before.</summary>
internal sealed class Mutator(Corpus corpus, Random random)
{
    private const int LengthMax = 4096;

    private static readonly byte[][] _pieces = [.. new[]
    {
        "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u0000", "\\ud800", "\\u0074", "null", "true", "false", "0", "-1", "1", "1.0", "1e0", "-0",
        "9007199254740991", "9007199254740992", "9223372036854775808", "18446744073709551616", "1e999", "\"t\":\"data\",", "\"t\":\"hello\",", "\"s\":1,", "\"s\":0,", "\"a\":0,",
        "\"a\":9,", "\"id\":\"m\",", "\"id\":\"\",", "\"b\":{},", "\"resume\":{\"session\":\"s\",\"attempt\":2,\"received\":0},", "\"auth\":{\"ticket\":\"x\"},", " ", "\t", "\r", "\0", "\u007f", "ä", "\ufeff", "//", "/*", "*/",
    }.Select(Encoding.UTF8.GetBytes)];

    /// <summary>Takes a line of the corpus and changes it in one to four places.</summary>
    public byte[] Next()
    {
        var bytes = corpus.Line(random).ToList();
        for (var changes = random.Next(1, 5); changes > 0; changes--)
        {
            Change(bytes);
        }

        if (bytes.Count > LengthMax)
        {
            bytes.RemoveRange(LengthMax, bytes.Count - LengthMax);
        }

        // A line of the corpus is one message.
        return [.. bytes.Select(static one => one == (byte)'\n' ? (byte)' ' : one)];
    }

    private void Change(List<byte> bytes)
    {
        var at = random.Next(bytes.Count + 1);
        var length = Math.Min(bytes.Count - at, random.Next(1, 16));
        switch (random.Next(10))
        {
            case 0 when length > 0:
                bytes[at] ^= (byte)(1 << random.Next(7));
                break;
            case 1 when length > 0:
                // Rarely more than ASCII: what is not UTF-8 gets no further than the WebSocket layer.
                bytes[at] = (byte)random.Next(random.Next(8) == 0 ? 256 : 128);
                break;
            case 2:
                bytes.RemoveRange(at, length);
                break;
            case 3:
                bytes.InsertRange(at, bytes.GetRange(at, length));
                break;
            case 4:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
            case 5:
                // The head of one message and the tail of another.
                var other = corpus.Line(random);
                bytes.RemoveRange(at, bytes.Count - at);
                bytes.AddRange(other[Math.Min(other.Length, at)..]);
                break;
            case 6:
                ReplaceNumber(bytes);
                break;
            case 7:
                var again = bytes.ToArray();
                var times = random.Next(2) == 0 ? random.Next(2, 5) : 257;
                bytes.Clear();
                bytes.Add((byte)'[');
                for (var i = 0; i < times && bytes.Count < LengthMax; i++)
                {
                    bytes.AddRange(again);
                    bytes.Add((byte)',');
                }

                bytes[^1] = (byte)']';
                break;
            case 8:
                var depth = random.Next(1, 80);
                bytes.InsertRange(at, Enumerable.Repeat((byte)(random.Next(2) == 0 ? '[' : '{'), depth));
                break;
            default:
                bytes.InsertRange(at, _pieces[random.Next(_pieces.Length)]);
                break;
        }
    }

    private void ReplaceNumber(List<byte> bytes)
    {
        var start = bytes.FindIndex(random.Next(bytes.Count + 1), static one => one is >= (byte)'0' and <= (byte)'9');
        if (start >= 0)
        {
            var end = bytes.FindIndex(start, static one => one is < (byte)'0' or > (byte)'9');
            bytes.RemoveRange(start, (end < 0 ? bytes.Count : end) - start);
            bytes.InsertRange(start, _pieces[random.Next(14, 25)]);
        }
    }
}
