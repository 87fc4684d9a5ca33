using static Airlock.Core.ConnectionState;

namespace Airlock.Core;

/// <summary>The way out: closing, ending, and giving back what was acquired.</summary>
public sealed partial class ConnectionLifecycle
{
    private Refusal? CloseAsPeer(in LifecycleEvent e, long now)
    {
        Close(e.Reason!, null, now);
        _state = _state with { Handshake = CloseHandshake.Received, SeenCode = e.Code };
        return null;
    }

    private Refusal? Fail(in LifecycleEvent e)
    {
        // The first reason stays, and its code with it.
        _state = _state with { SeenCode = _state.Reason is null ? e.Code : _state.SeenCode };
        return End(Failed, e.Reason ?? CloseReason.TransportLost, abort: e.Kind == EventKind.ScopeLeft);
    }

    private Refusal? Close(CloseReason reason, TimeSpan? retryAfter, long now)
    {
        _state = _state with { State = Closing, Reason = reason, RefreshId = 0 };
        _deadlines.StopAll();
        _deadlines.Start(DeadlineKind.Close, now + timeouts.Close.Ticks);
        LetGoOfAttach();
        if (_state.Authentication.Stage == AcquisitionStage.Pending)
        {
            Order(EffectKind.Cancel, _state.Authentication.Id);
        }

        _effects.Add(new Effect(EffectKind.SendClose, Reason: reason, RetryAfter: retryAfter));
        return null;
    }

    private Refusal? FinishHandshake(CloseHandshake frame)
    {
        if (_state.Handshake == frame)
        {
            return Refusal.Repeated;
        }

        if (_state.Handshake != CloseHandshake.None)
        {
            return End(Closed, _state.Reason!, abort: false);
        }

        _state = _state with { Handshake = frame };
        return null;
    }

    private Refusal? End(ConnectionState terminal, CloseReason reason, bool abort)
    {
        _deadlines.StopAll();
        if (_state.State != Closing)
        {
            LetGoOfAttach();
            if (_state.Authentication.Stage == AcquisitionStage.Pending)
            {
                Order(EffectKind.Cancel, _state.Authentication.Id);
            }
        }

        if (_state.Authentication.Stage == AcquisitionStage.Held)
        {
            Order(EffectKind.ReleaseUser, _state.Authentication.Id);
            _state = _state with { Authentication = new(_state.Authentication.Id, AcquisitionStage.None) };
        }

        _state = _state with { State = terminal, Reason = _state.Reason ?? reason, RefreshId = 0 };
        if (abort)
        {
            Order(EffectKind.Abort);
        }

        return Order(EffectKind.Unregister);
    }

    /// <summary>From Closing on nothing more is stored, so the session is given back at once and can be resumed elsewhere.</summary>
    private void LetGoOfAttach()
    {
        if (_state.Attach.Stage == AcquisitionStage.Held)
        {
            Order(EffectKind.ReleaseSession, _state.Attach.Id);
            _state = _state with { Attach = new(_state.Attach.Id, AcquisitionStage.None) };
        }
        else if (_state.Attach.Stage == AcquisitionStage.Pending)
        {
            Order(EffectKind.Cancel, _state.Attach.Id);
        }
    }

    /// <summary>A completion after the connection was given up: what it acquired goes back, once.</summary>
    private Refusal? Settle(Acquisition acquisition, in LifecycleEvent e, EventKind success, EffectKind release, Func<LifecycleSnapshot, Acquisition, LifecycleSnapshot> store)
    {
        if (!acquisition.Awaits(e.EffectId))
        {
            return Refusal.Stale;
        }

        _state = store(_state, new(e.EffectId, AcquisitionStage.None));
        return e.Kind == success ? Order(release, e.EffectId) : null;
    }
}
