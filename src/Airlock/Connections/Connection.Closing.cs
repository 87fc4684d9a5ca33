using System.Net.WebSockets;
using Airlock.Core;

namespace Airlock;

/// <summary>The last frames: why, and the close.</summary>
internal sealed partial class Connection
{
    private TaskCompletionSource? _told;
    private bool _isStuck;

    private void SendClose(CloseReason reason, int code, TimeSpan? retryAfter, bool hasSession)
    {
        var hint = retryAfter ?? (reason == CloseReason.GateTimeout ? GatesRetryAfter() : null);
        var frame = Closing(reason, code, hint, hasSession);
        lock (_writing)
        {
            _closing = (reason, frame);
        }

        NoteRest();
        Write();
    }

    /// <summary>Cuts the transport without a word; the reader finds it lost.</summary>
    internal void Abort() => _socket?.Abort();

    /// <summary>
    /// Completes once the close of a connection that is told to close is with the transport, or will not be: the connection has ended, or its peer does not read. Until then an abort would overtake the close, however long
    /// that takes on a machine with too much to do.
    /// </summary>
    internal Task ToldAsync()
    {
        lock (_writing)
        {
            return _writerDone || _isStuck || _socket is null
                ? Task.CompletedTask
                : (_told ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    private void NoteStuck(bool isStuck)
    {
        lock (_writing)
        {
            _isStuck = isStuck;
            if (isStuck)
            {
                _told?.TrySetResult();
            }
        }
    }

    /// <summary>Ends the writing for good. A write that is blocked on a peer that does not read ends now.</summary>
    private Task WriterStoppedAsync()
    {
        lock (_writing)
        {
            _writerDone = true;
            _told?.TrySetResult();
            if (!_isWriting)
            {
                return Task.CompletedTask;
            }

            _writerStopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        _socket?.Abort();
        return _writerStopped.Task;
    }

    private static ClosingFrame Closing(CloseReason reason, int code, TimeSpan? retryAfter, bool hasSession)
    {
        var advice = CloseReason.AdviceFor(code);
        return new ClosingFrame
        {
            Code = code,
            Cause = reason.Cause,
            Retry = advice switch { RetryAdvice.New => "new", RetryAdvice.Resume => "resume", RetryAdvice.ResumeLater => "resume_later", _ => "never" },
            RetryAfter = (long?)retryAfter?.TotalMilliseconds,
            Resumable = hasSession && (advice is RetryAdvice.Resume or RetryAdvice.ResumeLater),
            Message = reason.Summary,
        };
    }

    private TimeSpan? GatesRetryAfter() => _gates.Where(static g => g.IsRequired && !g.IsPassable).Max(static g => g.RetryAfter);

    /// <param name="socket">What is closed.</param>
    /// <param name="writer">For what explains it.</param>
    /// <param name="reason">Why.</param>
    /// <param name="frame">What the peer is told.</param>
    /// <param name="open">What goes before, if nothing has gone out yet: every connection begins with it.</param>
    private async ValueTask CloseAsync(WebSocket socket, FrameWriter writer, CloseReason reason, ClosingFrame frame, OpenFrame? open = null)
    {
        // The peer's own close is answered with its code and needs no explanation (RFC 6455 §5.5.1).
        var isAnswer = reason == CloseReason.ClientClosed;
        if (!_request.IsPlain && !isAnswer)
        {
            writer.Begin();
            if (open is not null)
            {
                writer.Write(open);
            }

            writer.Write(frame);
            var sending = socket.SendAsync(writer.Finish(), WebSocketMessageType.Text, WebSocketMessageFlags.EndOfMessage, CancellationToken.None);
            NoteStuck(!sending.IsCompleted);
            await sending;
        }

        var code = !isAnswer ? (WebSocketCloseStatus)frame.Code : socket.CloseStatus is { } theirs and not WebSocketCloseStatus.Empty ? theirs : WebSocketCloseStatus.NormalClosure;
        var last = socket.CloseOutputAsync(code, reason.Cause, CancellationToken.None);
        NoteStuck(!last.IsCompleted);
        await last;
    }

    /// <summary>Closes a socket whose lifecycle was over before it was there, and does not wait long for a peer that does not read.</summary>
    private async Task CloseRefusedAsync(WebSocket socket, CloseReason reason)
    {
        var telling = TellAsync();
        await Task.WhenAny(telling, Task.Delay(_endpoint.Options.Timeouts.Close, _server.Clock.Time));
        socket.Abort();
        await telling;

        async Task TellAsync()
        {
            using var writer = new FrameWriter();
            try
            {
                await CloseAsync(socket, writer, reason, Closing(reason, reason.Code, RetryAfter(reason), hasSession: false), NewOpen());
            }
            catch (Exception e) when (e is WebSocketException or IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
            {
                // The peer is gone; there is nobody to tell.
            }
        }
    }
}
