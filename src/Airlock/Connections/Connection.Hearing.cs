using Airlock.Core;

namespace Airlock;

/// <summary>What the bytes beneath the WebSocket tell: when the client was heard, and why nothing more comes.</summary>
internal sealed partial class Connection
{
    private bool _isClosedByLayer;
    private WatchedStream? _bytes;
    private long _heardAt;
    // When the message began that is not whole yet; later than any now if there is none.
    private long _messageBegan = long.MaxValue;
    private long _messageUnfinished;

    /// <summary>Why nothing more can be read. The WebSocket layer refuses what RFC 6455 forbids with a close frame of its own and a failed read; what it was tell the bytes, in both directions.</summary>
    /// <param name="isRefused">Whether the layer says that it has refused something.</param>
    private LifecycleEvent EndOfStream(bool isRefused)
    {
        var closeSent = _bytes?.CloseSent ?? 0;
        // From CLOSING on a close frame may be the driver's own; the reason is known then, and stays.
        _isClosedByLayer = isRefused || (closeSent != 0 && _state < ConnectionState.Closing);
        var end = StreamEnd.Of(_isClosedByLayer, closeSent, _bytes?.Received);
        if (_bytes?.Received.Violation is { } violation && end.Reason != CloseReason.InvalidUtf8)
        {
            Log.SocketViolated(_server.Logger, Id, violation);
        }

        return end;
    }

    /// <summary>What is heard without the bytes beneath: that a message goes on.</summary>
    private void NoteHeard(bool isUnfinished)
    {
        if (_bytes is null)
        {
            NoteHeard(isUnfinished ? 1 : 0);
        }
    }

    private void NoteBytes() => NoteHeard(_bytes!.Received.Unfinished);

    private void NoteHeard(long unfinished)
    {
        var now = _server.Clock.Now;
        Volatile.Write(ref _heardAt, now);
        if (unfinished != _messageUnfinished)
        {
            _messageUnfinished = unfinished;
            Volatile.Write(ref _messageBegan, unfinished == 0 ? long.MaxValue : now);
        }
    }
}
