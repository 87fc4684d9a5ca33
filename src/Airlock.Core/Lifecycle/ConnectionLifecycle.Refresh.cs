namespace Airlock.Core;

/// <summary>The time of the credentials: expiry, and new ones in its place.</summary>
public sealed partial class ConnectionLifecycle
{
    private Refusal? BeginRefresh(long now)
    {
        if (_state.RefreshId != 0)
        {
            return Close(CloseReason.RefreshInvalid, null, now);
        }

        _state = _state with { RefreshId = _state.EffectIds + 1, EffectIds = _state.EffectIds + 1 };
        // Expiry pauses: the client has done its part in time.
        _deadlines.Stop(DeadlineKind.Expiry);
        _deadlines.Stop(DeadlineKind.Refresh);
        _deadlines.Start(DeadlineKind.Authentication, now + timeouts.Authentication.Ticks);
        return Order(EffectKind.Refresh, _state.RefreshId);
    }

    private Refusal? FinishRefresh(long? expiresAt, long now)
    {
        _state = _state with { RefreshId = 0 };
        _deadlines.Stop(DeadlineKind.Authentication);
        return SetExpiry(expiresAt, now);
    }

    /// <summary>
    /// New credentials that are not accepted end the connection, unless time alone is in the way: the client did its part before the old ones expired, and those are still good.
    /// Then it is told once more until when, and ends with them.
    /// </summary>
    private Refusal? RefuseRefresh(in LifecycleEvent e, long now) =>
        e.Reason != CloseReason.TokenExpired && e.Reason != CloseReason.TokenNotYetValid && e.Reason != CloseReason.AuthenticationUnavailable ? Close(e.Reason!, e.RetryAfter, now)
        : _state.ExpiresAt <= now ? Close(CloseReason.AuthenticationExpired, null, now)
        : FinishRefresh(_state.ExpiresAt, now);

    private bool AwaitsRefresh(in LifecycleEvent e) => _state.RefreshId != 0 && _state.RefreshId == e.EffectId;

    /// <summary>Credentials are good until an instant, or for ever (null); the client is told so. New ones are asked for after four fifths of what is left.</summary>
    private Refusal? SetExpiry(long? expiresAt, long now)
    {
        _state = _state with { ExpiresAt = expiresAt };
        if (expiresAt is { } at)
        {
            var due = Math.Max(now, at);
            _deadlines.Start(DeadlineKind.Expiry, due);
            _deadlines.Start(DeadlineKind.Refresh, now + ((due - now) / 5 * 4));
        }

        _effects.Add(new Effect(EffectKind.SendAuthed, Due: _deadlines.Due(DeadlineKind.Refresh)));
        return null;
    }
}
