namespace Airlock.Core;

/// <summary>Why the stream of a connection ended without a close frame that its WebSocket layer took for one.</summary>
public static class StreamEnd
{
    /// <summary>The event that says so.</summary>
    /// <param name="isClosedByLayer">Whether the WebSocket layer has refused what came: it says so, or it has sent a close frame that nobody asked it for.</param>
    /// <param name="closeSent">The code of the last close frame that went out; 0 if there was none.</param>
    /// <param name="received">What came, by its bytes; null if nobody looked at them.</param>
    public static LifecycleEvent Of(bool isClosedByLayer, int closeSent, SocketScan? received)
    {
        if (isClosedByLayer && closeSent == CloseReason.InvalidUtf8.Code)
        {
            // What the bytes say beyond is of frames that the layer never came to.
            return LifecycleEvent.TransportLost(CloseReason.InvalidUtf8);
        }

        if (received?.CloseCode is { } theirs)
        {
            // Read, and not taken for one: a code that was registered after the layer was written.
            return LifecycleEvent.TransportLost(CloseReason.ClientClosed, theirs);
        }

        return received?.Violation >= SocketViolation.CloseCodeHalf ? LifecycleEvent.TransportLost(CloseReason.CloseInvalid)
            : isClosedByLayer || received?.Violation is not null ? LifecycleEvent.TransportLost(CloseReason.ProtocolError)
            : LifecycleEvent.TransportLost();
    }
}
