using System.Net.WebSockets;
using System.Threading.Tasks.Sources;
using Airlock.Lab.Traces;

namespace Airlock.Lab.Simulation;

/// <summary>A server's end that writes down what the server does with it.</summary>
internal sealed class ObservedWebSocket(WebSocket socket, Trace trace, Handshake handshake) : WebSocket
{
    private bool _isClosed;

    public override WebSocketCloseStatus? CloseStatus => socket.CloseStatus;

    public override string? CloseStatusDescription => socket.CloseStatusDescription;

    public override string? SubProtocol => socket.SubProtocol;

    public override WebSocketState State => socket.State;

    public override void Abort() => socket.Abort();

    public override Task CloseAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken) =>
        CloseAsync(closeStatus, statusDescription, static (socket, code, reason, stop) => socket.CloseAsync(code, reason, stop), cancellationToken);

    public override Task CloseOutputAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken) =>
        CloseAsync(closeStatus, statusDescription, static (socket, code, reason, stop) => socket.CloseOutputAsync(code, reason, stop), cancellationToken);

    private async Task CloseAsync(WebSocketCloseStatus code, string? reason, Func<WebSocket, WebSocketCloseStatus, string?, CancellationToken, Task> close, CancellationToken cancellationToken)
    {
        NoteClose(code, reason);
        var written = handshake.ToClient.Written;
        var closing = close(socket, code, reason, cancellationToken);
        if (handshake.ToClient.Written > written)
        {
            // A close that waits, for room or for the peer's, is written all the same, and the client may read it before this goes on.
            handshake.ToClient.NoteLastWord();
        }

        await closing;
        handshake.ToClient.NoteLastWord();
    }

    public override void Dispose() => socket.Dispose();

    public override ValueTask<ValueWebSocketReceiveResult> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken) =>
        new(new Receipt(this, socket.ReceiveAsync(buffer, cancellationToken)), 0);

    public override async Task<WebSocketReceiveResult> ReceiveAsync(ArraySegment<byte> buffer, CancellationToken cancellationToken)
    {
        var result = await socket.ReceiveAsync(buffer, cancellationToken);
        NoteReceived(result.EndOfMessage, result.MessageType);
        return result;
    }

    public override ValueTask SendAsync(ReadOnlyMemory<byte> buffer, WebSocketMessageType messageType, bool endOfMessage, CancellationToken cancellationToken)
    {
        NoteSend(buffer.Span);
        return socket.SendAsync(buffer, messageType, endOfMessage, cancellationToken);
    }

    public override ValueTask SendAsync(ReadOnlyMemory<byte> buffer, WebSocketMessageType messageType, WebSocketMessageFlags messageFlags, CancellationToken cancellationToken)
    {
        NoteSend(buffer.Span);
        return socket.SendAsync(buffer, messageType, messageFlags, cancellationToken);
    }

    public override Task SendAsync(ArraySegment<byte> buffer, WebSocketMessageType messageType, bool endOfMessage, CancellationToken cancellationToken)
    {
        NoteSend(buffer);
        return socket.SendAsync(buffer, messageType, endOfMessage, cancellationToken);
    }

    private void NoteSend(ReadOnlySpan<byte> bytes)
    {
        trace.Add(_isClosed ? TraceKind.TransportMisused : TraceKind.Sent, handshake.Connection, _isClosed ? "send after close" : null);
        handshake.Sending?.Invoke(bytes);
    }

    private void NoteReceived(bool isWhole, WebSocketMessageType type)
    {
        if (isWhole && type != WebSocketMessageType.Close)
        {
            trace.Add(TraceKind.Received, handshake.Connection);
        }
    }

    private void NoteClose(WebSocketCloseStatus code, string? cause)
    {
        trace.Add(_isClosed ? TraceKind.TransportMisused : TraceKind.ServerClosed, handshake.Connection, _isClosed ? "close after close" : cause, number: (long)code);
        _isClosed = true;
    }

    /// <summary>A receive that is written down where its result is taken. Not an async method: it would be one more state machine for each message, and throw each failure once more.</summary>
    private sealed class Receipt(ObservedWebSocket owner, ValueTask<ValueWebSocketReceiveResult> receiving) : IValueTaskSource<ValueWebSocketReceiveResult>
    {
        public ValueWebSocketReceiveResult GetResult(short token)
        {
#pragma warning disable VSTHRD002 // Nobody waits: a result is taken once it is there.
            var result = receiving.GetAwaiter().GetResult();
#pragma warning restore VSTHRD002
            owner.NoteReceived(result.EndOfMessage, result.MessageType);
            return result;
        }

        public ValueTaskSourceStatus GetStatus(short token) =>
            !receiving.IsCompleted ? ValueTaskSourceStatus.Pending
            : receiving.IsCompletedSuccessfully ? ValueTaskSourceStatus.Succeeded
            : receiving.IsCanceled ? ValueTaskSourceStatus.Canceled
            : ValueTaskSourceStatus.Faulted;

        public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            receiving.ConfigureAwait(flags.HasFlag(ValueTaskSourceOnCompletedFlags.UseSchedulingContext)).GetAwaiter().UnsafeOnCompleted(() => continuation(state));
    }
}
