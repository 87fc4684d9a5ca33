using static Airlock.Core.ConnectionState;

namespace Airlock.Core;

/// <summary>The way out: closing, ending, and giving back what was acquired.</summary>
public sealed partial class ConnectionLifecycle
{
    private Refusal? CloseAsPeer(in LifecycleEvent e, long now)
    {
        Close(e.Reason!, null, now);
        _now = _now with { Handshake = CloseHandshake.Received, SeenCode = e.Code };
        return null;
    }

    private Refusal? Fail(in LifecycleEvent e)
    {
        // The first reason stays, and its code with it.
        _now = _now with { SeenCode = _now.Reason is null ? e.Code : _now.SeenCode };
        return End(Failed, e.Reason ?? CloseReason.TransportLost, abort: e.Kind == EventKind.ScopeLeft);
    }

    private Refusal? Close(CloseReason reason, TimeSpan? retryAfter, long now)
    {
        _now = _now with { State = Closing, Reason = reason, RefreshId = 0 };
        _deadlines.StopAll();
        _deadlines.Start(DeadlineKind.Close, now + timeouts.Close.Ticks);
        LetGoOfAttach();
        if (_now.Authentication.Stage == AcquisitionStage.Pending)
        {
            Order(EffectKind.Cancel, _now.Authentication.Id);
        }

        _effects.Add(new Effect(EffectKind.SendClose, Reason: reason, RetryAfter: retryAfter));
        return null;
    }

    private Refusal? FinishHandshake(CloseHandshake frame)
    {
        if (_now.Handshake == frame)
        {
            return Refusal.Repeated;
        }

        if (_now.Handshake != CloseHandshake.None)
        {
            return End(Closed, _now.Reason!, abort: false);
        }

        _now = _now with { Handshake = frame };
        return null;
    }

    private Refusal? End(ConnectionState terminal, CloseReason reason, bool abort)
    {
        _deadlines.StopAll();
        if (_now.State != Closing)
        {
            LetGoOfAttach();
            if (_now.Authentication.Stage == AcquisitionStage.Pending)
            {
                Order(EffectKind.Cancel, _now.Authentication.Id);
            }
        }

        if (_now.Authentication.Stage == AcquisitionStage.Held)
        {
            Order(EffectKind.ReleaseUser, _now.Authentication.Id);
            _now = _now with { Authentication = new(_now.Authentication.Id, AcquisitionStage.None) };
        }

        _now = _now with { State = terminal, Reason = _now.Reason ?? reason, RefreshId = 0 };
        if (abort)
        {
            Order(EffectKind.Abort);
        }

        return Order(EffectKind.Unregister);
    }

    /// <summary>From Closing on nothing more is stored, so the session is given back at once and can be resumed elsewhere.</summary>
    private void LetGoOfAttach()
    {
        if (_now.Attach.Stage == AcquisitionStage.Held)
        {
            Order(EffectKind.ReleaseSession, _now.Attach.Id);
            _now = _now with { Attach = new(_now.Attach.Id, AcquisitionStage.None) };
        }
        else if (_now.Attach.Stage == AcquisitionStage.Pending)
        {
            Order(EffectKind.Cancel, _now.Attach.Id);
        }
    }

    /// <summary>A completion after the connection was given up: what it acquired goes back, once.</summary>
    private Refusal? Settle(Acquisition acquisition, in LifecycleEvent e, EventKind success, EffectKind release, Func<LifecycleSnapshot, Acquisition, LifecycleSnapshot> store)
    {
        if (!acquisition.Awaits(e.EffectId))
        {
            return Refusal.Stale;
        }

        _now = store(_now, new(e.EffectId, AcquisitionStage.None));
        return e.Kind == success ? Order(release, e.EffectId) : null;
    }
}
