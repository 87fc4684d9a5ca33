using System.Net.WebSockets;
using System.Text;

namespace Airlock.Lab.Tests.Contests;

/// <summary>A WebSocket of whole messages without a network: what is sent is noted, and arrives at the other end if there is one.</summary>
internal sealed class MessageSocket : WebSocket
{
    private readonly Queue<(byte[] Message, (WebSocketCloseStatus Status, string? Cause)? Close)> _arrived = new();
    private readonly List<string> _sent = [];
    private TaskCompletionSource? _arrival;
    private int _taken;
    private bool _isSending;
    private WebSocketState _state = WebSocketState.Open;
    private WebSocketCloseStatus? _closeStatus;
    private string? _closeCause;

    /// <summary>The other end, or null where the test itself is the peer.</summary>
    public MessageSocket? Peer { get; init; }

    /// <summary>Whether a write takes a while; else it is through at once.</summary>
    public bool IsSlow { get; init; }

    /// <summary>The messages, and the close as <c>close 1000</c>.</summary>
    public IReadOnlyList<string> Sent => _sent;

    /// <summary>Whether somebody sent while somebody else did, which a WebSocket forbids.</summary>
    public bool HadTwoWriters { get; private set; }

    public override WebSocketCloseStatus? CloseStatus => _closeStatus;

    public override string? CloseStatusDescription => _closeCause;

    public override WebSocketState State => _state;

    public override string? SubProtocol => Airlock.Core.Protocol.Name;

    /// <summary>A message of the peer's comes.</summary>
    public void Arrive(string message) => Arrive(Encoding.UTF8.GetBytes(message), null);

    /// <summary>The network breaks.</summary>
    public override void Abort()
    {
        _state = WebSocketState.Aborted;
        _arrival?.TrySetResult();
    }

    public override async ValueTask<ValueWebSocketReceiveResult> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (_state != WebSocketState.Aborted && _arrived.Count == 0)
        {
            _arrival = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await _arrival.Task;
        }

        if (_state == WebSocketState.Aborted)
        {
            throw new WebSocketException(WebSocketError.ConnectionClosedPrematurely);
        }

        var (message, close) = _arrived.Peek();
        if (close is { } theirs)
        {
            (_closeStatus, _closeCause, _state) = (theirs.Status, theirs.Cause, WebSocketState.CloseReceived);
            return new ValueWebSocketReceiveResult(0, WebSocketMessageType.Close, endOfMessage: true);
        }

        var count = Math.Min(buffer.Length, message.Length - _taken);
        message.AsSpan(_taken, count).CopyTo(buffer.Span);
        _taken += count;
        var isWhole = _taken == message.Length;
        if (isWhole)
        {
            _arrived.Dequeue();
            _taken = 0;
        }

        return new ValueWebSocketReceiveResult(count, WebSocketMessageType.Text, isWhole);
    }

    public override ValueTask SendAsync(ReadOnlyMemory<byte> buffer, WebSocketMessageType messageType, bool endOfMessage, CancellationToken cancellationToken) =>
        SendAsync(buffer, messageType, WebSocketMessageFlags.EndOfMessage, cancellationToken);

    public override async ValueTask SendAsync(ReadOnlyMemory<byte> buffer, WebSocketMessageType messageType, WebSocketMessageFlags messageFlags, CancellationToken cancellationToken)
    {
        await WriteAsync();
        _sent.Add(Encoding.UTF8.GetString(buffer.Span));
        Peer?.Arrive(buffer.ToArray(), null);
    }

    public override async Task CloseOutputAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken)
    {
        await WriteAsync();
        _sent.Add($"close {(int)closeStatus}");
        // A peer that is the test answers at once.
        (Peer ?? this).Arrive([], (closeStatus, statusDescription));
    }

    public override Task CloseAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken) => throw new NotSupportedException();

    public override Task<WebSocketReceiveResult> ReceiveAsync(ArraySegment<byte> buffer, CancellationToken cancellationToken) => throw new NotSupportedException();

    public override Task SendAsync(ArraySegment<byte> buffer, WebSocketMessageType messageType, bool endOfMessage, CancellationToken cancellationToken) => throw new NotSupportedException();

    public override void Dispose() => Abort();

    private void Arrive(byte[] message, (WebSocketCloseStatus Status, string? Cause)? close)
    {
        _arrived.Enqueue((message, close));
        _arrival?.TrySetResult();
    }

    private async Task WriteAsync()
    {
        if (_state == WebSocketState.Aborted)
        {
            throw new WebSocketException(WebSocketError.ConnectionClosedPrematurely);
        }

        HadTwoWriters |= _isSending;
        _isSending = true;
        if (IsSlow)
        {
            await Task.Yield();
        }

        _isSending = false;
    }
}
