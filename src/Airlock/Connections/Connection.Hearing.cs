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
        if (_bytes is not { } bytes)
        {
            _isClosedByLayer = isRefused;
            return isRefused ? LifecycleEvent.TransportLost(CloseReason.ProtocolError) : LifecycleEvent.TransportLost();
        }

        // From CLOSING on a close frame may be the driver's own; the reason is known then, and stays.
        var code = bytes.CloseSent;
        _isClosedByLayer = isRefused || (code != 0 && _state < ConnectionState.Closing);
        if (_isClosedByLayer && code == CloseReason.InvalidUtf8.Code)
        {
            // What the bytes say beyond is of frames that the layer never came to.
            return LifecycleEvent.TransportLost(CloseReason.InvalidUtf8);
        }

        var received = bytes.Received;
        if (received.CloseCode is { } theirs)
        {
            // Read, and not taken for one: a code that was registered after the layer was written.
            return LifecycleEvent.TransportLost(CloseReason.ClientClosed, theirs);
        }

        if (received.Violation is { } violation)
        {
            Log.SocketViolated(_server.Logger, Id, violation);
        }

        return received.Violation >= SocketViolation.CloseCodeHalf ? LifecycleEvent.TransportLost(CloseReason.CloseInvalid)
            : _isClosedByLayer || received.Violation is not null ? LifecycleEvent.TransportLost(CloseReason.ProtocolError)
            : LifecycleEvent.TransportLost();
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
