using System.Net.WebSockets;
using Airlock.Core;

namespace Airlock;

/// <summary>What is seen and heard of the peer: the lifecycle asks for it when a deadline comes up, and it tells why nothing more can be read. The reader writes it; anybody may read it.</summary>
internal sealed class PeerWatch(ConnectionScope scope)
{
    private WatchedStream? _bytes;
    private long _heardAt;
    // When the message began that is not whole yet; later than any now if there is none.
    private long _messageBegan = long.MaxValue;
    private long _messageUnfinished;
    private volatile bool _isHandling;
    private volatile int _handled;
    private volatile bool _isSessionSought;
    private long _storeAnsweredAt;

    /// <summary>Whether the WebSocket layer has refused what came, and has sent a close frame of its own.</summary>
    internal bool IsClosedByLayer { get; private set; }

    /// <summary>Whether authentication waits for the store, which is asked for the session that <c>hello</c> names.</summary>
    internal bool IsSessionSought
    {
        set => _isSessionSought = value;
    }

    /// <summary>What was seen of the peer by now.</summary>
    internal PeerSigns SignsAt(long now) => new()
    {
        // Raw text has no ping: whether the peer is there is the transport's business.
        HeardAt = scope.Request.IsPlain ? now : Interlocked.Read(ref _heardAt),
        MessageBegan = Volatile.Read(ref _messageBegan) is var began and < long.MaxValue ? began : null,
        Handling = _isHandling ? _handled : null,
        StoreAnsweredAt = Interlocked.Read(ref _storeAnsweredAt),
        IsSessionSought = _isSessionSought,
    };

    /// <summary>How long nothing has been heard from the client.</summary>
    internal TimeSpan Silence() => TimeSpan.FromTicks(scope.Platform.Clock.Now - Math.Max(scope.OpenedAt.Ticks, Interlocked.Read(ref _heardAt)));

    /// <summary>From here on the bytes beneath the WebSocket tell when something was heard.</summary>
    /// <param name="bytes">The bytes; null if nobody looks at them.</param>
    internal void Watch(WatchedStream? bytes)
    {
        _bytes = bytes;
        if (bytes is not null)
        {
            bytes.Heard = NoteBytes;
        }
    }

    /// <summary>What is heard without the bytes beneath: that a message goes on.</summary>
    internal void NoteHeard(bool isUnfinished)
    {
        if (_bytes is null)
        {
            Note(isUnfinished ? 1 : 0);
        }
    }

    /// <summary>A message is being handled; nothing is read until <see cref="EndHandling"/>.</summary>
    internal void BeginHandling() => _isHandling = true;

    internal void EndHandling()
    {
        _handled++;
        _isHandling = false;
    }

    internal void NoteStoreAnswered() => Interlocked.Exchange(ref _storeAnsweredAt, scope.Platform.Clock.Now);

    /// <summary>The code of the close frame that the peer sent, or null.</summary>
    internal int? CloseCode(WebSocket socket) => _bytes?.Received.CloseCode ?? (int?)socket.CloseStatus;

    /// <summary>Why nothing more can be read. The WebSocket layer refuses what RFC 6455 forbids with a close frame of its own and a failed read; what it was tell the bytes, in both directions.</summary>
    /// <param name="isRefused">Whether the layer says that it has refused something.</param>
    /// <param name="isClosing">Whether the driver may have sent a close frame of its own. The reason is known then, and stays.</param>
    internal LifecycleEvent EndOfStream(bool isRefused, bool isClosing)
    {
        var closeSent = _bytes?.CloseSent ?? 0;
        IsClosedByLayer = isRefused || (closeSent != 0 && !isClosing);
        var end = StreamEnd.Of(IsClosedByLayer, closeSent, _bytes?.Received);
        if (_bytes?.Received.Violation is { } violation && end.Reason != CloseReason.InvalidUtf8)
        {
            Log.SocketViolated(scope.Platform.Logger, scope.Id, violation);
        }

        return end;
    }

    private void NoteBytes() => Note(_bytes!.Received.Unfinished);

    private void Note(long unfinished)
    {
        var now = scope.Platform.Clock.Now;
        Volatile.Write(ref _heardAt, now);
        if (unfinished != _messageUnfinished)
        {
            _messageUnfinished = unfinished;
            Volatile.Write(ref _messageBegan, unfinished == 0 ? long.MaxValue : now);
        }
    }
}
