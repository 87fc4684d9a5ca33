using Airlock.Core;

namespace Airlock;

/// <summary>What a store tells a connection about the session it serves. Calls come from any thread, outside the session's lock, and must not block.</summary>
public interface ISessionObserver
{
    /// <summary>There are new entries or positions to send.</summary>
    void OnChanged();

    /// <summary>The attachment is over; nothing the connection reads is stored any more.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="retryAfter">When the client is to come back, or null if that is up to it.</param>
    void OnRevoked(CloseReason reason, TimeSpan? retryAfter);
}
