using System.Net.WebSockets;
using Airlock.Core;

namespace Airlock;

/// <summary>The one writer: control frames first, then the session's entries by cursor, so that replay is live delivery. Whoever has something to send and finds it idle runs it.</summary>
internal sealed partial class Connection
{
    /// <summary>A message is cut at this size when more frames follow.</summary>
    private const int BatchBytes = 16 * 1024;

    /// <summary>How many frames of the connection's own may wait for a peer that reads too slowly: it can cause them faster than it reads them.</summary>
    private const int ControlFramesMax = 1024;

    private readonly Lock _writing = new();
    private readonly Queue<Action<FrameWriter>> _control = new();
    private TaskCompletionSource? _writerStopped;
    private bool _isWriting;
    private bool _writeAgain;
    private bool _writerDone;
    private AttachOutcome? _delivering;
    private long _cursor;
    private long _ackedSent = -1;
    private long _doneSent = -1;
    private bool _positionsDue;
    private (CloseReason Reason, ClosingFrame Frame)? _closing;

    /// <inheritdoc/>
    public void OnChanged()
    {
        lock (_writing)
        {
            _positionsDue = true;
        }

        NoteRest();
        Write();
    }

    private void RepeatPositions()
    {
        lock (_writing)
        {
            _ackedSent = -1;
            _positionsDue = true;
        }

        Write();
    }

    /// <summary>Queues a frame of the connection's own. It goes out when the mailbox is left, with all that was queued there. Called in effects only.</summary>
    private void Send(Action<FrameWriter> frame)
    {
        bool isFull;
        lock (_writing)
        {
            isFull = _control.Count >= ControlFramesMax;
            if (!isFull)
            {
                _control.Enqueue(frame);
            }
        }

        if (isFull)
        {
            Post(LifecycleEvent.CloseRequested(CloseReason.SlowConsumer));
            return;
        }

        _writeDue = true;
    }

    /// <summary>Makes sure that a writer sees what was queued before this call: the one that runs, or this caller.</summary>
    private void Write()
    {
        WebSocket socket;
        lock (_writing)
        {
            _writeAgain = true;
            if (_isWriting || _writerDone || _socket is null)
            {
                return;
            }

            _isWriting = true;
            socket = _socket;
        }

        _ = WriteAllAsync(socket);
    }

    private async Task WriteAllAsync(WebSocket socket)
    {
        var writer = FrameWriterPool.Rent();
        var isClosed = false;
        try
        {
            while (!isClosed)
            {
                if (Compose(writer) is { } message)
                {
                    await SendAsync(socket, message);
                }
                else if (TryRest(out var closing))
                {
                    return;
                }
                else if (closing is { } last)
                {
                    await CloseAsync(socket, writer, last.Reason, last.Frame);
                    isClosed = true;
                }
            }
        }
        catch (Exception e) when (e is WebSocketException or IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // Only the reader's end of stream tells that the transport is lost: frames may still be readable.
        }
        catch (Exception e)
        {
            Break(e);
        }
        finally
        {
            FrameWriterPool.Return(writer);
        }

        lock (_writing)
        {
            _writerDone = true;
            _told?.TrySetResult();
            StopWriting();
        }

        if (isClosed)
        {
            Post(LifecycleEvent.CloseSent());
        }
    }

    /// <summary>Makes the next message to send; null if there is none.</summary>
    private ReadOnlyMemory<byte>? Compose(FrameWriter writer, out Exception? failure, out long sent)
    {
        failure = null;
        sent = 0;
        lock (_writing)
        {
            _writeAgain = false;
            // After the reason to close is known only a bye still delivers: everything else is resumed elsewhere.
            var log = _closing is { } closing && closing.Reason != CloseReason.Bye ? null : _delivering?.Log;
            if (_request.IsPlain)
            {
                _control.Clear();
                return log is null ? null : ComposePlain(log, ref sent, ref failure);
            }

            writer.Begin();
            while (writer.Frames < WireLimits.FramesMax - 1 && _control.TryDequeue(out var frame))
            {
                frame(writer);
            }

            if (log is not null)
            {
                try
                {
                    WriteEntries(writer, log);
                }
                catch (Exception e)
                {
                    // The store is somebody else's code. What was composed before is whole and goes out.
                    (failure, _delivering) = (e, null);
                }
            }

            // Not a conditional expression: null there would become an empty memory, which is a message.
            if (writer.Frames == 0)
            {
                return null;
            }

            return writer.Finish();
        }
    }

    private void WriteEntries(FrameWriter writer, ISessionLog log)
    {
        // Read before the entries: "done" is told only with, or after, the last entry of the turns it covers.
        var positions = log.Positions;
        while (writer.Frames < WireLimits.FramesMax - 1 && writer.Bytes < BatchBytes && log.After(_cursor) is { } entry)
        {
            if (writer.Frames > 0 && writer.Bytes + entry.Payload.Length > Endpoint.PayloadBytesMax)
            {
                break;
            }

            _cursor = entry.Sequence;
            var (acked, done) = entry.Sequence >= positions.Appended ? NewPositions(positions) : (null, null);
            writer.Write(entry, acked, done);
        }

        if (_positionsDue && _cursor >= positions.Appended)
        {
            _positionsDue = false;
            var (acked, done) = NewPositions(positions);
            if (acked is not null)
            {
                writer.WriteAck(acked.Value, done);
            }
        }
    }

    private ReadOnlyMemory<byte>? ComposePlain(ISessionLog log, ref long sent, ref Exception? failure)
    {
        try
        {
            while (log.After(_cursor) is { } entry)
            {
                sent = _cursor = entry.Sequence;
                if (entry.Kind == EntryKind.Data)
                {
                    return entry.Payload;
                }
            }
        }
        catch (Exception e)
        {
            (failure, _delivering) = (e, null);
        }

        return null;
    }

    /// <summary>The positions, if they are higher than those sent last.</summary>
    private (long? Acked, long? Done) NewPositions(SessionPositions positions)
    {
        if (positions.Stored == _ackedSent && positions.Done == _doneSent)
        {
            return (null, null);
        }

        (_ackedSent, _doneSent) = (positions.Stored, positions.Done);
        return (_ackedSent, _doneSent);
    }

    private async ValueTask SendAsync(WebSocket socket, ReadOnlyMemory<byte> message)
    {
        var sending = socket.SendAsync(message, WebSocketMessageType.Text, WebSocketMessageFlags.EndOfMessage, CancellationToken.None);
        if (sending.IsCompleted)
        {
            await sending;
            return;
        }

        NoteStuck(true);
        Post(LifecycleEvent.WriteBlocked());
        await sending;
        NoteStuck(false);
        Post(LifecycleEvent.WriteUnblocked());
    }

    /// <summary>Nothing to send: lets the writer rest, unless something came meanwhile or a close is due.</summary>
    /// <returns>Whether the writer stops here. From then on somebody else may be it.</returns>
    private bool TryRest(out (CloseReason Reason, ClosingFrame Frame)? closing)
    {
        lock (_writing)
        {
            closing = _writeAgain ? null : _closing;
            if (_writeAgain || _closing is not null)
            {
                return false;
            }

            StopWriting();
            return true;
        }
    }

    /// <summary>The last thing a writer does with the socket; the caller holds the lock.</summary>
    private void StopWriting()
    {
        _isWriting = false;
        _writerStopped?.TrySetResult();
    }
}
