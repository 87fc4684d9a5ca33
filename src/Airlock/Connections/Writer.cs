using System.Net.WebSockets;
using Airlock.Core;

namespace Airlock;

/// <summary>
/// The only one that writes to the connection's socket: first the connection's own frames, then the session's entries, at last the close. Whoever has something to send and finds nobody writing
/// writes until there is nothing more. Safe for concurrent use.
/// </summary>
internal sealed class Writer(ConnectionScope scope, Mailbox mailbox, StoreGuard guard, RestWatch rest, SocketSender sender)
{
    private readonly Lock _lock = new();
    private readonly Output _output = new(scope.Request.IsPlain);
    private WriterState _state;
    private TaskCompletionSource? _ended;

    /// <summary>Queues a frame of the connection's own. It goes out when the mailbox is left, with all that was queued there. Called in effects only.</summary>
    internal void Send(Action<FrameWriter> frame)
    {
        bool isQueued;
        lock (_lock)
        {
            isQueued = _output.TryAdd(frame);
        }

        if (isQueued)
        {
            mailbox.NoteOutput();
        }
        else
        {
            mailbox.Post(LifecycleEvent.CloseRequested(CloseReason.SlowConsumer));
        }
    }

    /// <summary>From here on the session's entries are sent, behind a first frame. They go out with the next <see cref="Write"/>.</summary>
    internal void Deliver(Delivery delivery, Action<FrameWriter> first)
    {
        lock (_lock)
        {
            _output.Deliver(delivery, first);
        }
    }

    /// <summary>The session has something new.</summary>
    internal void NoteChanged()
    {
        lock (_lock)
        {
            _output.Delivery?.NoteChanged();
        }

        rest.Look();
        Write();
    }

    /// <summary>The positions are told once more: the client sent what is stored already.</summary>
    internal void RepeatPositions()
    {
        lock (_lock)
        {
            _output.Delivery?.RepeatPositions();
        }

        Write();
    }

    /// <summary>Closes the connection behind what is queued. After the reason is known only a bye still delivers: everything else is resumed elsewhere.</summary>
    internal void Close(CloseReason reason, ClosingFrame frame)
    {
        lock (_lock)
        {
            _output.Closing = (reason, frame);
        }

        rest.Look();
        Write();
    }

    /// <summary>Makes sure that somebody who writes sees what was queued before this call: who writes now, or this caller.</summary>
    internal void Write()
    {
        lock (_lock)
        {
            if (_state == WriterState.Writing)
            {
                _state = WriterState.Again;
            }

            if (_state != WriterState.Idle || !sender.IsOpen)
            {
                return;
            }

            _state = WriterState.Writing;
        }

        _ = WriteAllAsync();
    }

    /// <summary>Ends the writing for good. A write that is blocked on a peer that does not read ends now.</summary>
    internal Task EndAsync()
    {
        sender.End();
        lock (_lock)
        {
            if (_state is WriterState.Idle or WriterState.Ended)
            {
                _state = WriterState.Ended;
                return Task.CompletedTask;
            }

            _state = WriterState.Ending;
            _ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        sender.Abort();
        return _ended.Task;
    }

    private async Task WriteAllAsync()
    {
        var writer = FrameWriterPool.Rent();
        var isClosed = false;
        try
        {
            while (!isClosed)
            {
                if (Compose(writer) is { } message)
                {
                    await sender.SendAsync(message);
                }
                else if (TryRest(out var closing))
                {
                    return;
                }
                else if (closing is { } last)
                {
                    await sender.CloseAsync(writer, last.Reason, last.Frame);
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
            sender.Break(e);
        }
        finally
        {
            FrameWriterPool.Return(writer);
        }

        sender.End();
        lock (_lock)
        {
            StopWriting(WriterState.Ended);
        }

        if (isClosed)
        {
            mailbox.Post(LifecycleEvent.CloseSent());
        }
    }

    /// <summary>Makes the next message to send; null if there is none.</summary>
    private ReadOnlyMemory<byte>? Compose(FrameWriter writer)
    {
        ReadOnlyMemory<byte>? message;
        Exception? failure;
        (AttachedSession Session, long Number)? sent;
        lock (_lock)
        {
            if (_state == WriterState.Again)
            {
                _state = WriterState.Writing;
            }

            message = _output.Compose(writer, out failure, out sent);
        }

        if (sent is var (session, number))
        {
            _ = guard.GuardAsync(AcknowledgeAsync(session, number)).AsTask();
        }

        if (failure is not null)
        {
            // Not the socket's: the connection would stay, and send nothing more.
            guard.Fail(failure);
        }

        return message;
    }

    private async ValueTask AcknowledgeAsync(AttachedSession session, long number)
    {
        await session.AcknowledgeAsync(number);
        rest.Look();
    }

    /// <summary>Nothing to send: lets the writer rest, unless something came meanwhile or a close is due.</summary>
    /// <returns>Whether the writer stops here. From then on somebody else may be it.</returns>
    private bool TryRest(out (CloseReason Reason, ClosingFrame Frame)? closing)
    {
        lock (_lock)
        {
            closing = _state == WriterState.Writing ? _output.Closing : null;
            if (_state == WriterState.Again || closing is not null)
            {
                return false;
            }

            StopWriting(WriterState.Idle);
            return true;
        }
    }

    /// <summary>The last thing a writer does with the socket; the caller holds the lock.</summary>
    private void StopWriting(WriterState state)
    {
        _state = _state == WriterState.Ending ? WriterState.Ended : state;
        _ended?.TrySetResult();
    }
}
