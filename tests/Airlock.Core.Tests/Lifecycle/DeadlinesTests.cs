using static Airlock.Core.ConnectionState;
using static Airlock.Core.EffectKind;
using static Airlock.Core.LifecycleEvent;

namespace Airlock.Core.Tests;

public sealed class DeadlinesTests
{
    private static readonly ConnectionState[] _live = [ProcessingReady, Degraded, Draining];

    [Fact]
    public void Each_phase_of_the_start_has_its_own_deadline_and_reason()
    {
        var hello = Walk.To(Accepted);
        Assert.Equal((DeadlineKind.Hello, 1100), hello.Life.NextDeadline);
        hello.Elapse(DeadlineKind.Hello);
        Assert.Equal(CloseReason.HelloTimeout, hello.Life.Reason);

        var authentication = Walk.To(Accepted);
        authentication.Now = 1050;
        authentication.Do(HelloReceived(false));
        Assert.Equal((DeadlineKind.Authentication, 1250), authentication.Life.NextDeadline);
        authentication.Elapse(DeadlineKind.Authentication);
        Assert.Equal(CloseReason.AuthenticationUnavailable, authentication.Life.Reason);

        var gate = Walk.To(Authenticated);
        Assert.Equal((DeadlineKind.Gate, 1300), gate.Life.NextDeadline);
        gate.Elapse(DeadlineKind.Gate);
        Assert.Equal(CloseReason.GateTimeout, gate.Life.Reason);

        var attach = Walk.To(ServicesReady);
        Assert.Equal((DeadlineKind.Attach, 1400), attach.Life.NextDeadline);
        attach.Elapse(DeadlineKind.Attach);
        Assert.Equal(CloseReason.StoreUnavailable, attach.Life.Reason);

        Assert.Equal((DeadlineKind.Idle, 1500), Walk.To(ProcessingReady).Life.NextDeadline);
        Assert.Null(Walk.To(Connecting).Life.NextDeadline);
    }

    [Fact]
    public void Firing_for_another_instant_or_before_its_time_is_stale()
    {
        var walk = Walk.To(ProcessingReady);
        walk.Now = 1500;
        walk.Refused(Refusal.Stale, DeadlineElapsed(DeadlineKind.Idle, 1499));
        walk.Refused(Refusal.Stale, DeadlineElapsed(DeadlineKind.Idle, 1501));
        walk.Refused(Refusal.Stale, DeadlineElapsed(DeadlineKind.Hello, 1100));
        walk.Now = 1499;
        walk.Refused(Refusal.Stale, DeadlineElapsed(DeadlineKind.Idle, 1500));
        walk.Now = 1500;
        Assert.Equal([SendPing], walk.Do(DeadlineElapsed(DeadlineKind.Idle, 1500)));
        walk.Refused(Refusal.Stale, DeadlineElapsed(DeadlineKind.Idle, 1500));
    }

    [Fact]
    public void Silent_peer_is_asked_once_and_then_given_up()
    {
        foreach (var state in _live)
        {
            var walk = Walk.To(state);
            Assert.Equal([SendPing], walk.Elapse(DeadlineKind.Idle));
            Assert.Equal((walk.Now + 60, null), (walk.Due(DeadlineKind.Pong), walk.Due(DeadlineKind.Idle)));
            walk.Elapse(DeadlineKind.Pong);
            Assert.Equal(CloseReason.NoPong, walk.Life.Reason);
        }
    }

    [Fact]
    public void Peer_that_is_heard_is_idle_from_then_on()
    {
        foreach (var state in _live)
        {
            var walk = Walk.To(state);
            walk.Now = 1400;
            walk.Do(PeerHeard(1390));
            Assert.Equal(1890, walk.Due(DeadlineKind.Idle));
            walk.Elapse(DeadlineKind.Idle);
            walk.Do(PeerHeard(walk.Now));
            Assert.Equal((walk.Now + 500, null), (walk.Due(DeadlineKind.Idle), walk.Due(DeadlineKind.Pong)));
        }
    }

    [Fact]
    public void Blocked_write_cannot_move_its_own_deadline()
    {
        foreach (var state in _live.Concat([Accepted, Authenticated, ServicesReady]))
        {
            var walk = Walk.To(state);
            walk.Refused(Refusal.Stale, WriteUnblocked());
            walk.Do(WriteBlocked());
            Assert.Equal(1070, walk.Due(DeadlineKind.Write));
            walk.Now = 1050;
            walk.Refused(Refusal.Repeated, WriteBlocked());
            walk.Do(WriteUnblocked());
            Assert.Null(walk.Due(DeadlineKind.Write));
            walk.Do(WriteBlocked());
            walk.Elapse(DeadlineKind.Write);
            Assert.Equal(CloseReason.SlowConsumer, walk.Life.Reason);
        }
    }

    [Fact]
    public void Expiry_is_enforced_from_authentication_on()
    {
        foreach (var state in _live.Concat([Authenticated, ServicesReady]))
        {
            var walk = Walk.To(state, expires: 1200, refresh: 1150);
            Assert.Equal([SendRefresh], walk.Elapse(DeadlineKind.Refresh));
            walk.Elapse(DeadlineKind.Expiry);
            Assert.Equal(CloseReason.AuthenticationExpired, walk.Life.Reason);
        }
    }

    [Fact]
    public void Expiry_pauses_while_new_credentials_are_validated()
    {
        foreach (var state in _live.Concat([Authenticated, ServicesReady]))
        {
            var walk = Walk.To(state, expires: 1200, refresh: 1150);
            var effects = walk.Apply(RefreshReceived()).Effects;
            Assert.Equal((1, Refresh), (effects.Count, effects[0].Kind));
            Assert.Equal((null, null, 1200), (walk.Due(DeadlineKind.Expiry), walk.Due(DeadlineKind.Refresh), walk.Due(DeadlineKind.Authentication)));
            walk.Refused(Refusal.Stale, DeadlineElapsed(DeadlineKind.Expiry, 1200));
            walk.Refused(Refusal.Stale, RefreshSucceeded(effects[0].Id + 1, 9000, null));
            Assert.Equal([SendAuthed], walk.Do(RefreshSucceeded(effects[0].Id, 9000, 8000)));
            Assert.Equal((9000, 8000, null), (walk.Due(DeadlineKind.Expiry), walk.Due(DeadlineKind.Refresh), walk.Due(DeadlineKind.Authentication)));
            Assert.Equal(state, walk.Life.State);
            walk.Do(RefreshReceived());
        }
    }

    [Fact]
    public void Refresh_that_nobody_asked_for_is_stale_under_every_id()
    {
        foreach (var state in _live.Concat([Authenticated, ServicesReady]))
        {
            var walk = Walk.To(state, expires: 1200);
            for (var id = 0; id < 4; id++)
            {
                walk.Refused(Refusal.Stale, RefreshSucceeded(id, null, null));
                walk.Refused(Refusal.Stale, RefreshFailed(id, CloseReason.TokenInvalid));
            }
        }
    }

    [Fact]
    public void Refresh_that_fails_or_takes_too_long_closes()
    {
        var failed = Walk.To(Draining, expires: 2000);
        failed.Do(RefreshReceived());
        failed.Refused(Refusal.Stale, RefreshFailed(2, CloseReason.PrincipalChanged));
        failed.Do(RefreshFailed(3, CloseReason.PrincipalChanged));
        Assert.Equal(CloseReason.PrincipalChanged, failed.Life.Reason);

        var slow = Walk.To(ProcessingReady, expires: 2000);
        slow.Do(RefreshReceived());
        slow.Elapse(DeadlineKind.Authentication);
        Assert.Equal((CloseReason.AuthenticationUnavailable, 4302), (slow.Life.Reason, slow.Life.Code));
        slow.Refused(Refusal.Stale, RefreshSucceeded(3, null, null));
    }

    [Fact]
    public void Second_refresh_at_a_time_closes()
    {
        var walk = Walk.To(ProcessingReady);
        walk.Do(RefreshReceived());
        walk.Do(RefreshReceived());
        Assert.Equal(CloseReason.RefreshInvalid, walk.Life.Reason);
    }

    [Fact]
    public void Closing_has_one_deadline_and_the_end_none()
    {
        var walk = Walk.To(Draining, expires: 2000, refresh: 1900);
        walk.Do(WriteBlocked());
        walk.Do(CloseRequested(CloseReason.Moved));
        Assert.Equal((DeadlineKind.Close, 1080), walk.Life.NextDeadline);
        foreach (var kind in Enum.GetValues<DeadlineKind>())
        {
            Assert.Equal(kind == DeadlineKind.Close, walk.Life.Snapshot.Deadlines.Runs(kind));
        }

        walk.Do(TransportLost());
        Assert.Null(walk.Life.NextDeadline);
    }

    [Fact]
    public void Copies_are_independent_and_equal_by_value()
    {
        var walk = Walk.To(ProcessingReady);
        var copy = walk.Life.Snapshot;
        Assert.Equal(copy, walk.Life.Snapshot);
        Assert.Equal(copy.Deadlines.GetHashCode(), walk.Life.Snapshot.Deadlines.GetHashCode());
        walk.Now++;
        walk.Do(PeerHeard(walk.Now));
        Assert.True(copy.Deadlines != walk.Life.Snapshot.Deadlines);
        Assert.Equal(1500, copy.Deadlines.Due(DeadlineKind.Idle));
        Assert.False(copy.Deadlines.Equals("deadlines"));
        Assert.True(copy.Deadlines == copy.Deadlines with { });
    }
}
