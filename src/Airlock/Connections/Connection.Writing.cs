using System.Net.WebSockets;
using Airlock.Core;

namespace Airlock;

/// <summary>The one writer: control frames first, then the session's entries by cursor, so that replay is live delivery. Whoever has something to send and finds it idle runs it.</summary>
internal sealed partial class Connection
{
    /// <summary>A message is cut at this size when more frames follow.</summary>
    private const int BatchBytes = 64 * 1024;

    private readonly Lock _writing = new();
    private readonly Queue<Action<FrameWriter>> _control = new();
    private Task _writer = Task.CompletedTask;
    private bool _isWriting;
    private bool _writeAgain;
    private bool _writerDone;
    private AttachOutcome? _delivering;
    private long _cursor;
    private long _ackedSent = -1;
    private long _doneSent = -1;
    private bool _positionsDue;
    private (CloseReason Reason, int Code, TimeSpan? RetryAfter)? _closing;

    /// <inheritdoc/>
    public void OnChanged()
    {
        lock (_writing)
        {
            _positionsDue = true;
        }

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

    private void Send(Action<FrameWriter> frame)
    {
        lock (_writing)
        {
            _control.Enqueue(frame);
        }

        Write();
    }

    /// <summary>Makes sure that the writer runs and sees what was queued before this call.</summary>
    private void Write()
    {
        lock (_writing)
        {
            if (_isWriting || _writerDone || _socket is null)
            {
                _writeAgain = true;
                return;
            }

            _isWriting = true;
        }

        _writer = WriteAllAsync(_socket);
    }

    private async Task WriteAllAsync(WebSocket socket)
    {
        var writer = FrameWriterPool.Rent();
        try
        {
            while (true)
            {
                writer.Begin();
                if (Compose(writer) is { } raw)
                {
                    await SendAsync(socket, raw);
                }
                else if (writer.Frames > 0)
                {
                    await SendAsync(socket, writer.Finish());
                }
                else if (await CloseOrRestAsync(socket))
                {
                    return;
                }
            }
        }
        catch (Exception e) when (e is WebSocketException or IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // Only the reader's end of stream tells that the transport is lost: frames may still be readable.
            lock (_writing)
            {
                _writerDone = true;
                _isWriting = false;
            }
        }
        finally
        {
            FrameWriterPool.Return(writer);
        }
    }

    /// <summary>Fills one message. In plain mode the one to send is returned instead.</summary>
    private ReadOnlyMemory<byte>? Compose(FrameWriter writer)
    {
        lock (_writing)
        {
            _writeAgain = false;
            while (_control.TryDequeue(out var frame))
            {
                if (!_request.IsPlain)
                {
                    frame(writer);
                }
            }

            // After the reason to close is known only a bye still delivers: everything else is resumed elsewhere.
            if (_delivering is not { Log: { } log } || (_closing is { } closing && closing.Reason != CloseReason.Bye))
            {
                return null;
            }

            if (_request.IsPlain)
            {
                return ComposePlain(log);
            }

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

            return null;
        }
    }

    private ReadOnlyMemory<byte>? ComposePlain(ISessionLog log)
    {
        while (log.After(_cursor) is { } entry)
        {
            _cursor = entry.Sequence;
            _ = ObserveAsync(log.AcknowledgeAsync(_delivering!.Generation, entry.Sequence).AsTask());
            if (entry.Kind == EntryKind.Data)
            {
                return entry.Payload;
            }
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

        Post(LifecycleEvent.WriteBlocked());
        await sending;
        Post(LifecycleEvent.WriteUnblocked());
    }

    /// <summary>Nothing to send: sends the close if one is due, else lets the writer rest.</summary>
    /// <returns>Whether the writer stops here.</returns>
    private async ValueTask<bool> CloseOrRestAsync(WebSocket socket)
    {
        (CloseReason Reason, int Code, TimeSpan? RetryAfter) closing;
        lock (_writing)
        {
            if (_writeAgain)
            {
                return false;
            }

            if (_closing is null)
            {
                _isWriting = false;
                return true;
            }

            closing = _closing.Value;
            _writerDone = true;
        }

        // The peer's own close is answered with its code and needs no explanation (RFC 6455 §5.5.1).
        var isAnswer = closing.Reason == CloseReason.ClientClosed;
        if (!_request.IsPlain && !isAnswer)
        {
            await SendClosingFrameAsync(socket, closing.Reason, closing.Code, closing.RetryAfter);
        }

        var code = isAnswer && socket.CloseStatus is { } theirs and not WebSocketCloseStatus.Empty ? theirs : (WebSocketCloseStatus)closing.Code;
        await socket.CloseOutputAsync(code, closing.Reason.Cause, CancellationToken.None);
        lock (_writing)
        {
            _isWriting = false;
        }

        Post(LifecycleEvent.CloseSent());
        return true;
    }

    private static async ValueTask SendClosingFrameAsync(WebSocket socket, CloseReason reason, int code, TimeSpan? retryAfter)
    {
        using var writer = new FrameWriter();
        var advice = CloseReason.AdviceFor(code);
        writer.Begin();
        writer.Write(new ClosingFrame
        {
            Code = code,
            Cause = reason.Cause,
            Retry = advice switch { RetryAdvice.New => "new", RetryAdvice.Resume => "resume", RetryAdvice.ResumeLater => "resume_later", _ => "never" },
            RetryAfter = (long?)retryAfter?.TotalMilliseconds,
            Resumable = advice is RetryAdvice.Resume or RetryAdvice.ResumeLater,
            Message = reason.Summary,
        });
        await socket.SendAsync(writer.Finish(), WebSocketMessageType.Text, WebSocketMessageFlags.EndOfMessage, CancellationToken.None);
    }

    private static async Task CloseRefusedAsync(WebSocket socket, CloseReason reason)
    {
        try
        {
            await SendClosingFrameAsync(socket, reason, reason.Code, null);
            await socket.CloseOutputAsync((WebSocketCloseStatus)reason.Code, reason.Cause, CancellationToken.None);
        }
        catch (Exception e) when (e is WebSocketException or IOException or ObjectDisposedException)
        {
            // The peer is gone; there is nobody to tell.
        }

        socket.Abort();
    }

    private Task WriterStoppedAsync()
    {
        lock (_writing)
        {
            _writerDone = true;
            // The socket is about to go: a write that is blocked on a peer that does not read ends now.
            if (_isWriting)
            {
                _socket?.Abort();
            }
        }

        return _writer;
    }
}
