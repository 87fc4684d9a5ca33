using static Airlock.Core.ConnectionState;
using Rule = Airlock.Core.Transitions.Rule;

namespace Airlock.Core;

/// <summary>The one authoritative state of a connection. Pure: events in, effects out; time comes with each event.</summary>
/// <remarks>
/// Not safe for concurrent use: one owner applies events one after another (the driver's mailbox).
/// Invariant: a refused event changes nothing but the flight record.
/// </remarks>
/// <param name="timeouts">How long each phase may take.</param>
/// <param name="start">Where to start; left out for a new connection.</param>
public sealed partial class ConnectionLifecycle(LifecycleTimeouts timeouts, LifecycleSnapshot start = default)
{
    private LifecycleSnapshot _state = start;
    private Deadlines _deadlines = start.Deadlines;
    private Effects _effects;

    /// <summary>The state.</summary>
    public ConnectionState State => _state.State;

    /// <summary>Why the connection ends, from <see cref="Closing"/> on; else null.</summary>
    public CloseReason? Reason => _state.Reason;

    /// <summary>The close code that the peer ended the connection with, or that of <see cref="Reason"/>; or null.</summary>
    public int? Code => _state.SeenCode ?? _state.Reason?.CodeFor(_state.HasSession);

    /// <summary>The earliest running deadline, or null.</summary>
    public (DeadlineKind Kind, long Due)? NextDeadline => _deadlines.Next;

    /// <summary>What happened so far.</summary>
    public FlightRecord Record { get; } = new();

    /// <summary>Everything this knows, as a value.</summary>
    public LifecycleSnapshot Snapshot => _state with { Deadlines = _deadlines };

    /// <summary>Applies one event.</summary>
    /// <param name="e">What happened.</param>
    /// <param name="now">The driver's clock, in <see cref="TimeSpan"/> ticks from any origin; never goes back.</param>
    /// <returns>Whether it was applied, or why not, and the effects to run. Never throws for any event in any state.</returns>
    public Transition Apply(in LifecycleEvent e, long now)
    {
        var from = _state.State;
        _effects = default;
        var refused = Run(Transitions.On(from, e.Kind), e, now);
        // What ends a connection is in its record under the cause it got, also when a deadline or a wrong frame was the event.
        var reason = _state.State != from ? _state.Reason : e.Reason;
        Record.Add(new FlightEntry(now, e.Kind, from, _state.State, refused, reason, 1));
        return new Transition { From = from, To = _state.State, Refused = refused, Reason = _state.Reason, Code = Code, HasSession = _state.HasSession, Effects = _effects };
    }

    private Refusal? Run(Rule rule, in LifecycleEvent e, long now) => rule switch
    {
        Rule.RefuseTooEarly => Refusal.TooEarly,
        Rule.RefuseTooLate => Refusal.TooLate,
        Rule.RefuseRepeated => Refusal.Repeated,
        Rule.RefuseStale => Refusal.Stale,
        Rule.RefuseTerminal => Refusal.Terminal,
        Rule.Open => Open(now),
        Rule.RefuseUpgrade => RefuseUpgrade(e.Reason ?? CloseReason.Draining, e.RetryAfter),
        Rule.Fail => Fail(e),
        Rule.Authenticate => Authenticate(e, now),
        Rule.EnterAuthenticated => EnterAuthenticated(e, now),
        Rule.RefuseCredentials => RefuseCredentials(e, now),
        Rule.RecordGates => RecordGates(e.Gates),
        Rule.TellGates => TellGates(e.Gates),
        Rule.PassGates => PassGates(e.Gates, now),
        Rule.ReflectGates => ReflectGates(e.Gates),
        Rule.EnterReady => EnterReady(e, now),
        Rule.RefuseAttach => RefuseAttach(e, now),
        // A second block must not move the first one's deadline: a peer that reads a byte now and then is slow all the same.
        Rule.BlockWrite => _deadlines.Runs(DeadlineKind.Write) ? Refusal.Repeated : Start(DeadlineKind.Write, now + timeouts.Write.Ticks),
        Rule.UnblockWrite => _deadlines.Runs(DeadlineKind.Write) ? Stop(DeadlineKind.Write) : Refusal.Stale,
        Rule.BeginRefresh => BeginRefresh(now),
        Rule.FinishRefresh => AwaitsRefresh(e) ? FinishRefresh(e.At, now) : Refusal.Stale,
        Rule.RefuseRefresh => AwaitsRefresh(e) ? RefuseRefresh(e, now) : Refusal.Stale,
        Rule.EndInput => Order(EffectKind.EndInput),
        Rule.Drain => Drain(e.At!.Value),
        Rule.DrainSetup => Close(CloseReason.Draining, e.RetryAfter, now),
        Rule.DrainAgain => Start(DeadlineKind.Drain, Math.Min(_deadlines.Due(DeadlineKind.Drain)!.Value, e.At!.Value)),
        Rule.Close => Close(e.Reason!, e.RetryAfter, now),
        Rule.CloseAsPeer => CloseAsPeer(e, now),
        Rule.CloseRepeatedHello => Close(CloseReason.HelloRepeated, null, now),
        Rule.CloseOutOfPhase => Close(CloseReason.FrameOutOfPhase, null, now),
        Rule.CloseInvalidRefresh => Close(CloseReason.RefreshInvalid, null, now),
        Rule.FinishClose => FinishHandshake(CloseHandshake.Sent),
        Rule.FinishPeerClose => FinishHandshake(CloseHandshake.Received),
        Rule.Elapse => Elapse(e, now),
        Rule.SettleAuthentication => Settle(_state.Authentication, e, EventKind.AuthenticationSucceeded, EffectKind.ReleaseUser, static (s, a) => s with { Authentication = a }),
        Rule.SettleAttach => Settle(_state.Attach, e, EventKind.AttachSucceeded, EffectKind.ReleaseSession, static (s, a) => s with { Attach = a }),
        _ => throw new System.Diagnostics.UnreachableException($"The table names the rule {rule}, which nothing carries out."),
    };

    private Refusal? Open(long now)
    {
        _state = _state with { State = Accepted };
        _deadlines.Start(DeadlineKind.Hello, now + timeouts.Hello.Ticks);
        return Order(EffectKind.SendOpen);
    }

    private Refusal? RefuseUpgrade(CloseReason reason, TimeSpan? retryAfter)
    {
        _effects.Add(new Effect(EffectKind.RefuseUpgrade, Reason: reason, RetryAfter: retryAfter));
        return End(Closed, reason, abort: false);
    }

    private Refusal? Authenticate(in LifecycleEvent e, long now)
    {
        if (_state.Authentication.Stage == AcquisitionStage.Pending)
        {
            return Close(CloseReason.HelloRepeated, null, now);
        }

        _state = _state with { HasSession = e.ResumeAsked, EffectIds = _state.EffectIds + 1, Authentication = new(_state.EffectIds + 1, AcquisitionStage.Pending) };
        _deadlines.Stop(DeadlineKind.Hello);
        _deadlines.Start(DeadlineKind.Authentication, now + timeouts.Authentication.Ticks);
        return Order(EffectKind.Authenticate, _state.Authentication.Id);
    }

    private Refusal? EnterAuthenticated(in LifecycleEvent e, long now)
    {
        if (!_state.Authentication.Awaits(e.EffectId))
        {
            return Refusal.Stale;
        }

        _state = _state with { State = Authenticated, Authentication = new(e.EffectId, AcquisitionStage.Held) };
        _deadlines.Stop(DeadlineKind.Authentication);
        _deadlines.Start(DeadlineKind.Gate, now + timeouts.Gate.Ticks);
        SetExpiry(e.At, now);
        return Order(EffectKind.WatchGates);
    }

    private Refusal? RefuseCredentials(in LifecycleEvent e, long now)
    {
        if (!_state.Authentication.Awaits(e.EffectId))
        {
            return Refusal.Stale;
        }

        _state = _state with { Authentication = new(e.EffectId, AcquisitionStage.None) };
        return Close(e.Reason!, e.RetryAfter, now);
    }

    private Refusal? RecordGates(GateStatus gates)
    {
        _state = _state with { Gates = gates };
        return null;
    }

    private Refusal? TellGates(GateStatus gates)
    {
        RecordGates(gates);
        _effects.Add(new Effect(EffectKind.SendGates, Due: _deadlines.Due(DeadlineKind.Gate)));
        return null;
    }

    private Refusal? PassGates(GateStatus gates, long now)
    {
        if (!gates.RequiredOpen)
        {
            return TellGates(gates);
        }

        _state = _state with { State = ServicesReady, EffectIds = _state.EffectIds + 1, Attach = new(_state.EffectIds + 1, AcquisitionStage.Pending) };
        _deadlines.Stop(DeadlineKind.Gate);
        _deadlines.Start(DeadlineKind.Attach, now + timeouts.Attach.Ticks);
        Order(EffectKind.Attach, _state.Attach.Id);
        return TellGates(gates);
    }

    private Refusal? ReflectGates(GateStatus gates)
    {
        _state = _state with { State = gates.AllOpen ? ProcessingReady : Degraded };
        return TellGates(gates);
    }

    private Refusal? EnterReady(in LifecycleEvent e, long now)
    {
        if (!_state.Attach.Awaits(e.EffectId))
        {
            return Refusal.Stale;
        }

        // The state first, then the frame that announces it: a client that has read ready may rely on it.
        // From here on there is a session to come back to, whatever hello asked: no close may send the client to a new one.
        _state = _state with { State = ProcessingReady, HasSession = true, Attach = new(e.EffectId, AcquisitionStage.Held) };
        _deadlines.Stop(DeadlineKind.Attach);
        _deadlines.Start(DeadlineKind.Idle, now + timeouts.Idle.Ticks);
        Order(EffectKind.SendReady);
        // A gate that closed meanwhile is reported again, and makes the connection Degraded at once.
        return Order(EffectKind.WatchGates);
    }

    private Refusal? RefuseAttach(in LifecycleEvent e, long now)
    {
        if (!_state.Attach.Awaits(e.EffectId))
        {
            return Refusal.Stale;
        }

        _state = _state with { Attach = new(e.EffectId, AcquisitionStage.None) };
        return Close(e.Reason!, e.RetryAfter, now);
    }

    private Refusal? Drain(long by)
    {
        _state = _state with { State = Draining };
        _deadlines.Start(DeadlineKind.Drain, by);
        _effects.Add(new Effect(EffectKind.SendDrain, Due: by));
        return null;
    }

    private Refusal? Elapse(in LifecycleEvent e, long now)
    {
        var (kind, due) = (e.Deadline, e.At!.Value);
        if (_deadlines.Due(kind) != due || due > now)
        {
            return Refusal.Stale;
        }

        _deadlines.Stop(kind);
        return kind switch
        {
            DeadlineKind.Hello => Close(CloseReason.HelloTimeout, null, now),
            // Not whoever decides who the client is: the store is asked first whether its session is there.
            DeadlineKind.Authentication => Close(e.Signs.IsSessionSought ? CloseReason.StoreUnavailable : CloseReason.AuthenticationUnavailable, null, now),
            DeadlineKind.Gate => Close(CloseReason.GateTimeout, null, now),
            DeadlineKind.Attach => Close(CloseReason.StoreUnavailable, null, now),
            DeadlineKind.Idle or DeadlineKind.Pong => Silence(kind, due, e.Signs, now),
            DeadlineKind.Write => Close(CloseReason.SlowConsumer, null, now),
            DeadlineKind.Refresh => Order(EffectKind.SendRefresh),
            DeadlineKind.Expiry => Close(CloseReason.AuthenticationExpired, null, now),
            DeadlineKind.Drain => Close(CloseReason.Moved, null, now),
            DeadlineKind.Close => End(Failed, _state.Reason!, abort: true),
            _ => throw new System.Diagnostics.UnreachableException($"The deadline {kind} has no consequence."),
        };
    }

    private Refusal? Start(DeadlineKind kind, long due)
    {
        _deadlines.Start(kind, due);
        return null;
    }

    private Refusal? Stop(DeadlineKind kind)
    {
        _deadlines.Stop(kind);
        return null;
    }

    private Refusal? Order(EffectKind kind, int id = 0)
    {
        _effects.Add(new Effect(kind, id));
        return null;
    }
}
