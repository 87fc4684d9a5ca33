using static Airlock.Core.ConnectionState;
using static Airlock.Core.EffectKind;
using static Airlock.Core.LifecycleEvent;

namespace Airlock.Core.Tests;

public sealed class ConnectionLifecycleTests
{
    private static readonly ConnectionState[] _live = [ProcessingReady, Degraded, Draining];

    [Fact]
    public void Start_walks_the_five_states_in_order()
    {
        var walk = new Walk();
        Assert.Equal([SendOpen], walk.Do(UpgradeAccepted()));
        Assert.Equal([Authenticate], walk.Do(HelloReceived(false)));
        Assert.Equal([SendAuthed, WatchGates], walk.Do(AuthenticationSucceeded(1, null)));
        Assert.Equal([SendGates], walk.Do(GatesChanged(Walk.RequiredDown)));
        Assert.Equal(Authenticated, walk.Life.State);
        Assert.Equal([Attach, SendGates], walk.Do(GatesChanged(Walk.OptionalDown)));
        Assert.Equal(ServicesReady, walk.Life.State);
        Assert.Equal([SendReady, WatchGates], walk.Do(AttachSucceeded(2)));
        Assert.Equal(ProcessingReady, walk.Life.State);
    }

    [Fact]
    public void Hello_while_credentials_are_validated_is_repeated()
    {
        var walk = Walk.To(Accepted);
        walk.Do(HelloReceived(true));
        Assert.Equal([Cancel, SendClose], walk.Do(HelloReceived(false)));
        Assert.Equal(CloseReason.HelloRepeated, walk.Life.Reason);
    }

    [Fact]
    public void Completion_of_another_effect_is_stale()
    {
        var walk = Walk.To(Accepted);
        walk.Refused(Refusal.Stale, AuthenticationSucceeded(0, null));
        walk.Do(HelloReceived(false));
        walk.Refused(Refusal.Stale, AuthenticationSucceeded(0, null));
        walk.Refused(Refusal.Stale, AuthenticationSucceeded(2, null));
        walk.Refused(Refusal.Stale, AuthenticationFailed(2, CloseReason.TokenInvalid));
        walk.Do(AuthenticationSucceeded(1, null));
        walk.Refused(Refusal.Stale, AuthenticationSucceeded(1, null));
        walk.Do(GatesChanged(Walk.Open));
        walk.Refused(Refusal.Stale, AttachSucceeded(1));
        walk.Refused(Refusal.Stale, AttachFailed(1, CloseReason.StoreUnavailable));
        walk.Do(AttachSucceeded(2));
        walk.Refused(Refusal.Stale, AttachSucceeded(2));
    }

    [Fact]
    public void Late_success_gives_back_what_it_acquired_once()
    {
        foreach (var terminal in new[] { false, true })
        {
            var walk = Walk.To(Accepted);
            walk.Do(HelloReceived(false));
            Assert.Equal([Cancel, SendClose], walk.Elapse(DeadlineKind.Authentication));
            if (terminal)
            {
                Assert.Equal([Unregister], walk.Do(TransportLost()));
            }

            Assert.Equal([ReleaseUser], walk.Do(AuthenticationSucceeded(1, null)));
            walk.Refused(Refusal.Stale, AuthenticationSucceeded(1, null));

            walk = Walk.To(ServicesReady);
            Assert.Equal([Cancel, SendClose], walk.Elapse(DeadlineKind.Attach));
            if (terminal)
            {
                Assert.Equal([ReleaseUser, Unregister], walk.Do(TransportLost()));
            }

            Assert.Equal([ReleaseSession], walk.Do(AttachSucceeded(2)));
            walk.Refused(Refusal.Stale, AttachFailed(2, CloseReason.StoreUnavailable));
        }
    }

    [Fact]
    public void Late_failure_has_nothing_to_give_back()
    {
        var walk = Walk.To(ServicesReady);
        walk.Do(TransportLost());
        Assert.Equal([], walk.Do(AttachFailed(2, CloseReason.StoreUnavailable)));
        walk.Refused(Refusal.Stale, AttachSucceeded(2));
    }

    [Fact]
    public void Drain_and_gates_say_until_when()
    {
        var walk = Walk.To(Authenticated);
        var waiting = walk.Life.Apply(GatesChanged(Walk.RequiredDown), walk.Now);
        Assert.Equal(walk.Life.Snapshot.Deadlines.Due(DeadlineKind.Gate), waiting.Effects[0].Due);
        var passed = walk.Life.Apply(GatesChanged(Walk.OptionalDown), walk.Now);
        Assert.Equal((SendGates, null), (passed.Effects[1].Kind, passed.Effects[1].Due));

        walk = Walk.To(ProcessingReady);
        var drain = walk.Life.Apply(DrainRequested(walk.Now + 70, TimeSpan.FromSeconds(1)), walk.Now);
        Assert.Equal((SendDrain, walk.Now + 70), (drain.Effects[0].Kind, drain.Effects[0].Due));
        Assert.Null(drain.Reason);

        // Who drains again is not told again, and who is told of the gates waits for none.
        Assert.Equal([], walk.Do(DrainRequested(walk.Now + 60, TimeSpan.FromSeconds(1))));
        Assert.Null(walk.Life.Apply(GatesChanged(Walk.OptionalDown), walk.Now).Effects[0].Due);
    }

    [Fact]
    public void Closing_gives_the_session_back_before_it_says_so()
    {
        foreach (var state in _live)
        {
            var walk = Walk.To(state);
            Assert.Equal([ReleaseSession, SendClose], walk.Do(CloseRequested(CloseReason.SessionEnded)));
            Assert.Equal(AcquisitionStage.None, walk.Life.Snapshot.Attach.Stage);
            Assert.Equal(AcquisitionStage.Held, walk.Life.Snapshot.Authentication.Stage);
            walk.Do(CloseSent());
            Assert.Equal([ReleaseUser, Unregister], walk.Do(CloseReceived(CloseReason.ClientClosed)));
            Assert.Equal(AcquisitionStage.None, walk.Life.Snapshot.Authentication.Stage);
        }
    }

    [Fact]
    public void Loss_gives_everything_back_at_once()
    {
        var walk = Walk.To(ProcessingReady);
        Assert.Equal([ReleaseSession, ReleaseUser, Unregister], walk.Do(TransportLost(CloseReason.InvalidUtf8)));
        Assert.Equal((Failed, CloseReason.InvalidUtf8), (walk.Life.State, walk.Life.Reason));
        Assert.Null(walk.Life.NextDeadline);
    }

    [Fact]
    public void The_code_that_the_peer_closed_with_stays()
    {
        var walk = Walk.To(ProcessingReady);
        walk.Do(CloseReceived(CloseReason.ClientClosed, 4903));
        Assert.Equal((CloseReason.ClientClosed, 4903), (walk.Life.Reason, walk.Life.Code));
        walk.Do(TransportLost(CloseReason.ClientClosed, 1012));
        Assert.Equal(4903, walk.Life.Code);

        walk = Walk.To(ProcessingReady);
        walk.Do(TransportLost(CloseReason.ClientClosed, 1012));
        Assert.Equal((CloseReason.ClientClosed, 1012), (walk.Life.Reason, walk.Life.Code));

        walk = Walk.To(ProcessingReady);
        walk.Do(CloseRequested(CloseReason.SlowConsumer));
        walk.Do(TransportLost(CloseReason.ClientClosed, 1012));
        Assert.Equal((CloseReason.SlowConsumer, 4310), (walk.Life.Reason, walk.Life.Code));
    }

    [Fact]
    public void An_upgrade_that_failed_has_the_reason_that_is_known()
    {
        var walk = Walk.To(Connecting);
        walk.Do(UpgradeFailed(CloseReason.UpgradeFailed));
        Assert.Equal((Failed, CloseReason.UpgradeFailed, 1006), (walk.Life.State, walk.Life.Reason, walk.Life.Code));
        walk = Walk.To(Connecting);
        walk.Do(UpgradeFailed());
        Assert.Equal(CloseReason.TransportLost, walk.Life.Reason);
    }

    [Fact]
    public void First_reason_wins()
    {
        var walk = Walk.To(ProcessingReady);
        walk.Do(CloseRequested(CloseReason.SlowConsumer));
        walk.Refused(Refusal.TooLate, CloseRequested(CloseReason.Moved));
        walk.Refused(Refusal.TooLate, DrainRequested(5000, Walk.Ticks(1)));
        walk.Do(CloseReceived(CloseReason.ClientClosed));
        walk.Do(TransportLost());
        Assert.Equal(CloseReason.SlowConsumer, walk.Life.Reason);
        walk.Refused(Refusal.Terminal, CloseRequested(CloseReason.Moved));
    }

    [Fact]
    public void Both_close_frames_in_either_order_end_it_cleanly()
    {
        var ours = Walk.To(ProcessingReady);
        ours.Do(CloseRequested(CloseReason.Moved));
        ours.Do(CloseSent());
        ours.Refused(Refusal.Repeated, CloseSent());
        ours.Do(CloseReceived(CloseReason.ClientClosed));
        Assert.Equal(Closed, ours.Life.State);

        var theirs = Walk.To(ProcessingReady);
        Assert.Equal([ReleaseSession, SendClose], theirs.Do(CloseReceived(CloseReason.ClientClosed)));
        theirs.Refused(Refusal.Repeated, CloseReceived(CloseReason.ClientClosed));
        theirs.Do(CloseSent());
        Assert.Equal((Closed, CloseReason.ClientClosed), (theirs.Life.State, theirs.Life.Reason));
    }

    [Fact]
    public void Loss_before_the_second_close_frame_is_a_failure()
    {
        var walk = Walk.To(ProcessingReady);
        walk.Do(CloseRequested(CloseReason.Moved));
        walk.Do(CloseSent());
        walk.Do(TransportLost());
        Assert.Equal((Failed, CloseReason.Moved), (walk.Life.State, walk.Life.Reason));
    }

    [Fact]
    public void Unfinished_handshake_is_aborted()
    {
        var walk = Walk.To(ProcessingReady);
        walk.Do(CloseRequested(CloseReason.Moved));
        Assert.Equal(walk.Now + 80, walk.Due(DeadlineKind.Close));
        Assert.Equal([ReleaseUser, Abort, Unregister], walk.Elapse(DeadlineKind.Close));
        Assert.Equal(Failed, walk.Life.State);
    }

    [Fact]
    public void Leaving_the_scope_ends_every_state_once()
    {
        foreach (var state in Enum.GetValues<ConnectionState>().Where(s => s is not (Closed or Failed)))
        {
            var walk = Walk.To(state);
            var effects = walk.Do(ScopeLeft());
            Assert.Equal([Abort, Unregister], effects[^2..]);
            Assert.Equal(Failed, walk.Life.State);
            Assert.Equal(state == Closing ? CloseReason.Disconnected : CloseReason.InternalError, walk.Life.Reason);
            walk.Refused(Refusal.Terminal, ScopeLeft());
        }
    }

    [Fact]
    public void Refusal_before_the_upgrade_is_an_end_without_a_socket()
    {
        var drained = Walk.To(Connecting);
        var transition = drained.Apply(DrainRequested(5000, Walk.Ticks(9)));
        Assert.Equal([RefuseUpgrade, Unregister], Walk.Kinds(transition));
        Assert.Equal((CloseReason.Draining, Walk.Ticks(9)), (transition.Effects[0].Reason, transition.Effects[0].RetryAfter));
        Assert.Equal((Closed, CloseReason.Draining), (drained.Life.State, drained.Life.Reason));

        var refused = Walk.To(Connecting);
        Assert.Equal([RefuseUpgrade, Unregister], refused.Do(CloseRequested(CloseReason.OriginRefused)));
        Assert.Equal(CloseReason.OriginRefused, refused.Life.Reason);
    }

    [Fact]
    public void Gates_known_before_authentication_are_asked_for_again_after_it()
    {
        var walk = Walk.To(Accepted);
        walk.Do(GatesChanged(Walk.RequiredDown));
        walk.Do(HelloReceived(false));
        Assert.Contains(WatchGates, walk.Do(AuthenticationSucceeded(1, null)));
        Assert.Equal(Walk.RequiredDown, walk.Life.Snapshot.Gates);
    }

    [Fact]
    public void Gate_that_closes_while_attaching_degrades_after_ready()
    {
        var walk = Walk.To(ServicesReady);
        walk.Do(GatesChanged(Walk.RequiredDown));
        Assert.Equal(ServicesReady, walk.Life.State);
        Assert.Equal([SendReady, WatchGates], walk.Do(AttachSucceeded(2)));
        walk.Do(GatesChanged(Walk.RequiredDown));
        Assert.Equal(Degraded, walk.Life.State);
        walk.Do(GatesChanged(Walk.Open));
        Assert.Equal(ProcessingReady, walk.Life.State);
    }

    [Fact]
    public void Drained_connection_keeps_draining_whatever_its_gates_do()
    {
        var walk = Walk.To(Degraded);
        Assert.Equal([SendDrain], walk.Do(DrainRequested(5000, Walk.Ticks(1))));
        foreach (var gates in new[] { Walk.Open, Walk.RequiredDown, Walk.OptionalDown })
        {
            walk.Do(GatesChanged(gates));
            Assert.Equal((Draining, gates), (walk.Life.State, walk.Life.Snapshot.Gates));
        }
    }

    [Fact]
    public void Repeated_drain_keeps_the_earlier_deadline()
    {
        var walk = Walk.To(ProcessingReady);
        walk.Do(DrainRequested(5000, Walk.Ticks(1)));
        Assert.Equal([], walk.Do(DrainRequested(6000, Walk.Ticks(1))));
        Assert.Equal(5000, walk.Due(DeadlineKind.Drain));
        walk.Do(DrainRequested(4000, Walk.Ticks(1)));
        Assert.Equal(4000, walk.Due(DeadlineKind.Drain));
        Assert.Equal([ReleaseSession, SendClose], walk.Elapse(DeadlineKind.Drain));
        Assert.Equal(CloseReason.Moved, walk.Life.Reason);
    }

    [Fact]
    public void Drain_during_the_start_closes_with_a_hint()
    {
        foreach (var state in new[] { Accepted, Authenticated, ServicesReady })
        {
            var walk = Walk.To(state);
            var transition = walk.Apply(DrainRequested(5000, Walk.Ticks(7)));
            var close = transition.Effects[transition.Effects.Count - 1];
            Assert.Equal((SendClose, CloseReason.Draining, Walk.Ticks(7)), (close.Kind, close.Reason, close.RetryAfter));
        }
    }

    [Fact]
    public void Refusals_of_the_start_close_with_their_reason_and_hint()
    {
        var walk = Walk.To(Accepted);
        walk.Do(HelloReceived(false));
        var transition = walk.Apply(AuthenticationFailed(1, CloseReason.AuthenticationUnavailable, Walk.Ticks(3)));
        Assert.Equal([SendClose], Walk.Kinds(transition));
        Assert.Equal((CloseReason.AuthenticationUnavailable, Walk.Ticks(3)), (transition.Effects[0].Reason, transition.Effects[0].RetryAfter));

        walk = Walk.To(ServicesReady);
        Assert.Equal([SendClose], walk.Do(AttachFailed(2, CloseReason.StaleAttempt)));
        Assert.Equal([ReleaseUser, Unregister], walk.Do(TransportLost()));
    }

    [Fact]
    public void Code_sends_nobody_with_a_session_to_a_new_one()
    {
        var first = Walk.To(Authenticated);
        first.Elapse(DeadlineKind.Gate);
        Assert.Equal(4101, first.Life.Code);

        var resuming = Walk.To(Authenticated, resume: true);
        resuming.Elapse(DeadlineKind.Gate);
        Assert.Equal(4301, resuming.Life.Code);

        var attached = Walk.To(ProcessingReady);
        attached.Do(CloseRequested(CloseReason.StoreUnavailable));
        Assert.Equal(4303, attached.Life.Code);
    }

    [Fact]
    public void Frames_that_come_too_early_close_with_their_cause()
    {
        foreach (var state in new[] { Accepted, Authenticated, ServicesReady })
        {
            var walk = Walk.To(state);
            walk.Do(ByeReceived());
            Assert.Equal(CloseReason.FrameOutOfPhase, walk.Life.Reason);
        }

        var refresh = Walk.To(Accepted);
        refresh.Do(RefreshReceived());
        Assert.Equal(CloseReason.RefreshInvalid, refresh.Life.Reason);

        foreach (var state in _live.Append(Authenticated).Append(ServicesReady))
        {
            var walk = Walk.To(state);
            walk.Do(HelloReceived(false));
            Assert.Equal(CloseReason.HelloRepeated, walk.Life.Reason);
        }
    }

    [Fact]
    public void Bye_tells_the_session_and_changes_no_state()
    {
        foreach (var state in _live)
        {
            var walk = Walk.To(state);
            Assert.Equal([EndInput], walk.Do(ByeReceived()));
            Assert.Equal([EndInput], walk.Do(ByeReceived()));
            Assert.Equal(state, walk.Life.State);
        }
    }

    [Fact]
    public void Reason_of_a_lost_transport_is_never_one_to_send()
    {
        Assert.Throws<ArgumentException>(() => CloseRequested(CloseReason.TransportLost));
        Assert.Throws<ArgumentException>(() => CloseReceived(CloseReason.TransportLost));
        Assert.Throws<ArgumentException>(() => AuthenticationFailed(1, CloseReason.TransportLost));
        Assert.Throws<ArgumentException>(() => AttachFailed(1, CloseReason.TransportLost));
        Assert.Throws<ArgumentException>(() => RefreshFailed(1, CloseReason.TransportLost));
    }
}
