using System.Buffers.Text;
using System.Net.WebSockets;
using System.Threading.Tasks.Sources;

namespace Airlock.Tests.Harness;

/// <summary>A client and its transport in one object that allocates nothing: it says hello, and then sends a batch of messages whenever the one before is answered.</summary>
internal sealed class LoopSocket(int batch, int batches) : WebSocket, IValueTaskSource<ValueWebSocketReceiveResult>
{
    private static readonly byte[] _payload = [.. "\""u8, .. Enumerable.Repeat((byte)'x', 126), .. "\""u8];
    private static readonly byte[] _hello = [.. "{\"t\":\"hello\",\"v\":1,\"client\":\"loop\",\"instance\":\"i\"}"u8];
    private static long _numbers;
    private readonly long _number = Interlocked.Increment(ref _numbers);
    private readonly Lock _lock = new();
    private readonly byte[] _message = [.. _hello, .. new byte[(_payload.Length + 128) * batch]];
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ManualResetValueTaskSourceCore<ValueWebSocketReceiveResult> _arrival = new() { RunContinuationsAsynchronously = true };
    private int _length = _hello.Length;
    private bool _isThere = true;
    private bool _isAwaited;
    private bool _isAborted;
    private bool _isReady;
    private long _sent;
    private long _heard;

    /// <summary>Completes when all batches are answered.</summary>
    public Task Done => _done.Task;

    public override WebSocketCloseStatus? CloseStatus => null;

    public override string? CloseStatusDescription => null;

    public override WebSocketState State => WebSocketState.Open;

    public override string? SubProtocol => null;

    public override ValueTask<ValueWebSocketReceiveResult> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_isAborted)
            {
                throw new WebSocketException(WebSocketError.ConnectionClosedPrematurely);
            }

            if (!_isThere)
            {
                _isAwaited = true;
                return new(this, _arrival.Version);
            }

            if (buffer.IsEmpty)
            {
                return new(new ValueWebSocketReceiveResult(0, WebSocketMessageType.Text, endOfMessage: false));
            }

            var count = Math.Min(buffer.Length, _length);
            _message.AsSpan(0, count).CopyTo(buffer.Span);
            _message.AsSpan(count, _length - count).CopyTo(_message);
            _length -= count;
            _isThere = _length > 0;
            return new(new ValueWebSocketReceiveResult(count, WebSocketMessageType.Text, endOfMessage: !_isThere));
        }
    }

    public override ValueTask SendAsync(ReadOnlyMemory<byte> buffer, WebSocketMessageType messageType, WebSocketMessageFlags messageFlags, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var isStart = !_isReady && buffer.Span.IndexOf("\"t\":\"ready\""u8) >= 0;
            _isReady |= isStart;
            for (var rest = buffer.Span; rest.IndexOf("\"t\":\"data\""u8) is >= 0 and var at; rest = rest[(at + 1)..])
            {
                _heard++;
            }

            if (_isReady && _heard == _sent && (isStart || _heard > 0) && !_isThere)
            {
                SendBatch();
            }
        }

        return ValueTask.CompletedTask;
    }

    public ValueWebSocketReceiveResult GetResult(short token)
    {
        var result = _arrival.GetResult(token);
        _arrival.Reset();
        return result;
    }

    public ValueTaskSourceStatus GetStatus(short token) => _arrival.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) => _arrival.OnCompleted(continuation, state, token, flags);

    public override void Abort()
    {
        lock (_lock)
        {
            _isAborted = true;
            if (_isAwaited)
            {
                _isAwaited = false;
                _arrival.SetException(new WebSocketException(WebSocketError.ConnectionClosedPrematurely));
            }
        }
    }

    public override Task CloseAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken) => Task.CompletedTask;

    public override Task CloseOutputAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Dispose()
    {
    }

    public override Task<WebSocketReceiveResult> ReceiveAsync(ArraySegment<byte> buffer, CancellationToken cancellationToken) => throw new NotSupportedException();

    public override Task SendAsync(ArraySegment<byte> buffer, WebSocketMessageType messageType, bool endOfMessage, CancellationToken cancellationToken) => throw new NotSupportedException();

    private void SendBatch()
    {
        if (_sent == (long)batch * batches)
        {
            _done.TrySetResult();
            return;
        }

        _length = 0;
        for (var i = 0; i < batch; i++)
        {
            _sent++;
            Append(i == 0 ? "["u8 : ","u8);
            Append("{\"t\":\"data\",\"s\":"u8);
            Append(_sent);
            Append(",\"id\":\""u8);
            Append(_number);
            Append("-"u8);
            Append(_sent);
            Append("\",\"a\":"u8);
            Append(_heard);
            Append(",\"b\":"u8);
            Append(_payload);
            Append("}"u8);
        }

        Append("]"u8);
        _isThere = true;
        if (_isAwaited)
        {
            _isAwaited = false;
            _arrival.SetResult(new ValueWebSocketReceiveResult(0, WebSocketMessageType.Text, endOfMessage: false));
        }
    }

    private void Append(ReadOnlySpan<byte> text)
    {
        text.CopyTo(_message.AsSpan(_length));
        _length += text.Length;
    }

    private void Append(long number)
    {
        Utf8Formatter.TryFormat(number, _message.AsSpan(_length), out var written);
        _length += written;
    }
}
