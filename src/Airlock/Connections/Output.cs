using Airlock.Core;

namespace Airlock;

/// <summary>What is to be written: the connection's own frames, then the session's entries, at last the close. Its writer's lock guards it.</summary>
internal sealed class Output(bool isPlain)
{
    /// <summary>How many frames of the connection's own may wait for a peer that reads too slowly: it can cause them faster than it reads them.</summary>
    private const int ControlFramesMax = 1024;

    private readonly Queue<Action<FrameWriter>> _control = new();

    /// <summary>What is sent of the session; null before ready, and after its store has failed.</summary>
    internal Delivery? Delivery { get; private set; }

    /// <summary>Why the connection closes, and what its peer is told; null while it does not.</summary>
    internal (CloseReason Reason, ClosingFrame Frame)? Closing { get; set; }

    /// <summary>Queues a frame of the connection's own.</summary>
    /// <returns>False if too many wait.</returns>
    internal bool TryAdd(Action<FrameWriter> frame)
    {
        if (_control.Count >= ControlFramesMax)
        {
            return false;
        }

        _control.Enqueue(frame);
        return true;
    }

    /// <summary>From here on the session's entries are sent, behind a first frame.</summary>
    internal void Deliver(Delivery delivery, Action<FrameWriter> first)
    {
        _control.Enqueue(first);
        Delivery = delivery;
    }

    /// <summary>Makes the next message.</summary>
    /// <param name="writer">What it is made with.</param>
    /// <param name="failure">What the session's store threw, or null. What was composed before is whole and goes out.</param>
    /// <param name="sent">In plain mode: what counts as received once this is sent; null if nothing does.</param>
    /// <returns>The message; null if there is none.</returns>
    internal ReadOnlyMemory<byte>? Compose(FrameWriter writer, out Exception? failure, out (AttachedSession Session, long Number)? sent)
    {
        failure = null;
        sent = null;
        // After the reason to close is known only a bye still delivers: everything else is resumed elsewhere.
        var delivery = Closing is { } closing && closing.Reason != CloseReason.Bye ? null : Delivery;
        writer.Begin();
        while (writer.Frames < WireLimits.FramesMax - 1 && _control.TryDequeue(out var frame))
        {
            frame(writer);
        }

        try
        {
            if (isPlain)
            {
                var number = 0L;
                var payload = delivery?.NextPlain(out number);
                sent = number > 0 ? (delivery!.Session, number) : null;
                return payload;
            }

            delivery?.Write(writer);
        }
        catch (Exception e)
        {
            // The store is somebody else's code.
            (failure, Delivery) = (e, null);
        }

        // Not a conditional expression: null there would become an empty memory, which is a message.
        if (isPlain || writer.Frames == 0)
        {
            return null;
        }

        return writer.Finish();
    }
}
