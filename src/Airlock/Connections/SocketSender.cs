using System.Net.WebSockets;
using Airlock.Core;

namespace Airlock;

/// <summary>What goes to the connection's socket, message by message, and whether the peer takes it. One caller at a time sends; the rest is safe for concurrent use.</summary>
internal sealed class SocketSender(ConnectionScope scope, Mailbox mailbox)
{
    private readonly Lock _lock = new();
    private volatile WebSocket? _socket;
    // A write has not returned at once: the peer does not read.
    private bool _isStuck;
    private bool _isOver;
    private TaskCompletionSource? _told;

    /// <summary>Whether there is a socket yet.</summary>
    internal bool IsOpen => _socket is not null;

    internal void Begin(WebSocket socket) => _socket = socket;

    /// <summary>Cuts the transport without a word; the reader finds it lost.</summary>
    internal void Abort() => _socket?.Abort();

    /// <summary>A bug of ours or of what we call, at the driver's edge: the transport is cut.</summary>
    internal void Break(Exception failure)
    {
        Log.DriverFailed(scope.Platform.Logger, failure, scope.Id);
        Abort();
    }

    /// <summary>Nothing is sent any more.</summary>
    internal void End()
    {
        lock (_lock)
        {
            _isOver = true;
            _told?.TrySetResult();
        }
    }

    /// <summary>
    /// Completes once the close of a connection that is told to close is with the transport, or will not be: the connection has ended, or its peer does not read. Until then an abort would overtake the close, however long
    /// that takes on a machine with too much to do.
    /// </summary>
    internal Task ToldAsync()
    {
        lock (_lock)
        {
            return _isOver || _isStuck || _socket is null
                ? Task.CompletedTask
                : (_told ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    internal async ValueTask SendAsync(ReadOnlyMemory<byte> message)
    {
        var sending = WriteAsync(message);
        if (sending.IsCompleted)
        {
            await sending;
            return;
        }

        NoteStuck(true);
        mailbox.Post(LifecycleEvent.WriteBlocked());
        await sending;
        NoteStuck(false);
        mailbox.Post(LifecycleEvent.WriteUnblocked());
    }

    /// <summary>Sends the last frames of the connection and closes the socket.</summary>
    /// <param name="writer">For what explains it.</param>
    /// <param name="reason">Why.</param>
    /// <param name="frame">What the peer is told.</param>
    /// <param name="open">What goes before, if nothing has gone out yet: every connection begins with it.</param>
    internal async ValueTask CloseAsync(FrameWriter writer, CloseReason reason, ClosingFrame frame, OpenFrame? open = null)
    {
        var socket = _socket!;
        // The peer's own close is answered with its code and needs no explanation (RFC 6455 §5.5.1).
        var isAnswer = reason == CloseReason.ClientClosed;
        if (!scope.Request.IsPlain && !isAnswer)
        {
            writer.Begin();
            if (open is not null)
            {
                writer.Write(open);
            }

            writer.Write(frame);
            var sending = WriteAsync(writer.Finish());
            NoteStuck(!sending.IsCompleted);
            await sending;
        }

        var code = !isAnswer ? (WebSocketCloseStatus)frame.Code : socket.CloseStatus is { } theirs and not WebSocketCloseStatus.Empty ? theirs : WebSocketCloseStatus.NormalClosure;
        var last = socket.CloseOutputAsync(code, reason.Cause, CancellationToken.None);
        NoteStuck(!last.IsCompleted);
        await last;
    }

    /// <summary>Closes a connection whose lifecycle was over before there was a socket, and does not wait long for a peer that does not read.</summary>
    internal async Task CloseRefusedAsync(CloseReason reason, ClosingFrame frame, OpenFrame open)
    {
        var telling = TellAsync();
        await Task.WhenAny(telling, Task.Delay(scope.Endpoint.Options.Timeouts.Close, scope.Platform.Clock.Time));
        Abort();
        await telling;

        async Task TellAsync()
        {
            using var writer = new FrameWriter();
            try
            {
                await CloseAsync(writer, reason, frame, open);
            }
            catch (Exception e) when (e is WebSocketException or IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
            {
                // The peer is gone; there is nobody to tell.
            }
        }
    }

    internal void Dispose() => _socket?.Dispose();

    private ValueTask WriteAsync(ReadOnlyMemory<byte> message) => _socket!.SendAsync(message, WebSocketMessageType.Text, WebSocketMessageFlags.EndOfMessage, CancellationToken.None);

    private void NoteStuck(bool isStuck)
    {
        lock (_lock)
        {
            _isStuck = isStuck;
            if (isStuck)
            {
                _told?.TrySetResult();
            }
        }
    }
}
