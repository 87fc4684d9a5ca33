namespace Airlock.Core;

/// <summary>A peer that seems to say nothing: whether it does, and what then.</summary>
public sealed partial class ConnectionLifecycle
{
    /// <summary>The time is up that the peer may be silent, or may take for its pong.</summary>
    private Refusal? Silence(DeadlineKind kind, long due, in PeerSigns signs, long now)
    {
        if (signs.MessageBegan is { } began && now - began >= timeouts.Message.Ticks)
        {
            // A message that comes byte by byte is a sign of life, but no life.
            return Close(CloseReason.MessageTimeout, RetryHints.Soon, now);
        }

        if (signs.Handling is { } handling)
        {
            return SilenceWhileHandling(handling, Math.Max(signs.HeardAt, signs.StoreAnsweredAt), now);
        }

        if (kind == DeadlineKind.Idle)
        {
            return signs.HeardAt > due - timeouts.Idle.Ticks ? Hear(signs.HeardAt) : Ping(now);
        }

        // An answer at the very tick of the ping is one.
        return signs.HeardAt >= due - timeouts.Pong.Ticks ? Hear(signs.HeardAt) : Close(CloseReason.NoPong, null, now);
    }

    /// <summary>Nothing is read while a message is handled, so of the peer nothing can be said; what takes so long is the store.</summary>
    private Refusal? SilenceWhileHandling(int handling, long since, long now)
    {
        if (since <= now - timeouts.Attach.Ticks)
        {
            // A clock that jumped, or a process that got no time, looks the same: only who still handles the same message at the next look waits for the store.
            if (_state.Suspected == handling)
            {
                return Close(CloseReason.StoreUnavailable, null, now);
            }

            _state = _state with { Suspected = handling };
        }

        return Hear(now);
    }

    private Refusal? Hear(long at) => Start(DeadlineKind.Idle, at + timeouts.Idle.Ticks);

    private Refusal? Ping(long now)
    {
        _deadlines.Start(DeadlineKind.Pong, now + timeouts.Pong.Ticks);
        return Order(EffectKind.SendPing);
    }
}
