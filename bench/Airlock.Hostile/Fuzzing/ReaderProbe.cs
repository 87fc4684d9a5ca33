using Airlock.Core;

namespace Airlock.Hostile.Fuzzing;

/// <summary>Reads a message with the library's reader and says whether what must always hold did.</summary>
internal static class ReaderProbe
{
    private const int Room = 8;
    private static readonly HashSet<CloseReason> _catalogue = [.. CloseReason.All];

    /// <summary>Reads it as both sides would.</summary>
    /// <param name="message">The message.</param>
    /// <param name="broken">What did not hold; null if all did.</param>
    /// <returns>What it shows to each side: the first frame and the error.</returns>
    public static string[] Read(byte[] message, out string? broken)
    {
        broken = null;
        var shows = new[] { "from a client: ", "from a server: " };
        // Room on both sides shows whether a payload reaches beyond its message.
        var room = new byte[message.Length + (2 * Room)];
        message.CopyTo(room, Room);
        var whole = room.AsMemory(Room, message.Length);
        try
        {
            for (var side = 0; side < 2; side++)
            {
                var reader = new FrameReader(whole, fromServer: side == 1);
                var frames = 0;
                while (reader.TryRead(out var frame))
                {
                    if (++frames == 1)
                    {
                        shows[side] += $"{frame.Type}{(frame.Acked is null ? "" : "+a")}{(frame.Body is HelloFrame { Resume: not null } ? "+resume" : "")} ";
                    }

                    if (!frame.Payload.IsEmpty && !whole.Span.Overlaps(frame.Payload.Span))
                    {
                        broken = "a payload lies outside its message";
                    }

                    if (frame.Sequence is < 0 or > WireLimits.SequenceMax || frame.Acked is < 0 or > WireLimits.SequenceMax || frame.Id is { Length: 0 or > WireLimits.IdLengthMax })
                    {
                        broken = "a field is out of its range";
                    }

                    if (frames > WireLimits.FramesMax)
                    {
                        broken = "there are more frames than a message may have";
                        break;
                    }
                }

                if (reader.Error is { } error && !_catalogue.Contains(error))
                {
                    broken = "the error is not in the catalogue";
                }

                shows[side] += $"{(frames > 1 ? "and more " : "")}{reader.Error?.Cause}";
            }
        }
        catch (Exception e)
        {
            // Whatever it is: the reader promises to throw nothing.
            broken = e.ToString();
        }

        return shows;
    }
}
