namespace Airlock.Core;

/// <summary>The time of the credentials: expiry, and new ones in its place.</summary>
public sealed partial class ConnectionLifecycle
{
    private Refusal? BeginRefresh(long now)
    {
        if (_now.RefreshId != 0)
        {
            return Close(CloseReason.RefreshInvalid, null, now);
        }

        _now = _now with { RefreshId = _now.EffectIds + 1, EffectIds = _now.EffectIds + 1 };
        // Expiry pauses: the client has done its part in time.
        _deadlines.Stop(DeadlineKind.Expiry);
        _deadlines.Stop(DeadlineKind.Refresh);
        _deadlines.Start(DeadlineKind.Authentication, now + timeouts.Authentication.Ticks);
        return Order(EffectKind.Refresh, _now.RefreshId);
    }

    private Refusal? FinishRefresh(in LifecycleEvent e)
    {
        if (!AwaitsRefresh(e))
        {
            return Refusal.Stale;
        }

        _now = _now with { RefreshId = 0 };
        _deadlines.Stop(DeadlineKind.Authentication);
        SetExpiry(e);
        return Order(EffectKind.SendAuthed);
    }

    private bool AwaitsRefresh(in LifecycleEvent e) => _now.RefreshId != 0 && _now.RefreshId == e.EffectId;

    private void SetExpiry(in LifecycleEvent e)
    {
        if (e.At is { } expiry)
        {
            _deadlines.Start(DeadlineKind.Expiry, expiry);
        }

        if (e.RefreshAt is { } refresh)
        {
            _deadlines.Start(DeadlineKind.Refresh, refresh);
        }
    }
}
