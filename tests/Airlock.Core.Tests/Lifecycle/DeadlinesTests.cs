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
            Assert.Equal([], walk.Elapse(DeadlineKind.Idle, Heard(1390)));
            Assert.Equal((1890, null), (walk.Due(DeadlineKind.Idle), walk.Due(DeadlineKind.Pong)));
            // Heard at the instant from which the peer is silent is not heard since.
            Assert.Equal([SendPing], walk.Elapse(DeadlineKind.Idle, Heard(1390)));
            // An answer at the very tick of the ping is one.
            Assert.Equal([], walk.Elapse(DeadlineKind.Pong, Heard(1890)));
            Assert.Equal((1890 + 500, null), (walk.Due(DeadlineKind.Idle), walk.Due(DeadlineKind.Pong)));
            Assert.Equal([SendPing], walk.Elapse(DeadlineKind.Idle, Heard(1890)));
            walk.Elapse(DeadlineKind.Pong, Heard(2389));
            Assert.Equal(CloseReason.NoPong, walk.Life.Reason);
        }
    }

    [Fact]
    public void Message_that_never_becomes_whole_is_no_life()
    {
        foreach (var kind in new[] { DeadlineKind.Idle, DeadlineKind.Pong })
        {
            var walk = Walk.To(ProcessingReady);
            if (kind == DeadlineKind.Pong)
            {
                walk.Elapse(DeadlineKind.Idle);
            }

            var due = walk.Due(kind)!.Value;
            Assert.Equal([], walk.Elapse(kind, Heard(due) with { MessageBegan = due - 899 }));
            due = walk.Due(DeadlineKind.Idle)!.Value;
            walk.Now = due;
            var closed = walk.Apply(DeadlineElapsed(DeadlineKind.Idle, due, Heard(due) with { MessageBegan = due - 900 }));
            Assert.Equal((CloseReason.MessageTimeout, RetryHints.Soon), (closed.Reason, closed.Effects[^1].RetryAfter));
        }
    }

    [Fact]
    public void While_a_message_is_handled_the_store_is_silent_and_not_the_peer()
    {
        var walk = Walk.To(ProcessingReady);
        // It has answered since, or the peer was heard since: both may still be at work.
        Assert.Equal([], walk.Elapse(DeadlineKind.Idle, Handling(1, answered: 1500 - 399)));
        Assert.Equal(2000, walk.Due(DeadlineKind.Idle));
        Assert.Equal([], walk.Elapse(DeadlineKind.Idle, Handling(1, answered: 0) with { HeardAt = 2000 - 399 }));
        // Silent: a clock that jumped looks the same, so the next look decides. It is another message there.
        Assert.Equal([], walk.Elapse(DeadlineKind.Idle, Handling(1, answered: 2500 - 400)));
        Assert.Equal([], walk.Elapse(DeadlineKind.Idle, Handling(2, answered: 3000 - 400)));
        walk.Elapse(DeadlineKind.Idle, Handling(2, answered: 3500 - 400));
        Assert.Equal(CloseReason.StoreUnavailable, walk.Life.Reason);

        // Nobody reads the pong meanwhile.
        walk = Walk.To(ProcessingReady);
        walk.Elapse(DeadlineKind.Idle);
        Assert.Equal([], walk.Elapse(DeadlineKind.Pong, Handling(1, answered: 1560)));
        Assert.Equal((2060, null), (walk.Due(DeadlineKind.Idle), walk.Due(DeadlineKind.Pong)));

        static PeerSigns Handling(int message, long answered) => PeerSigns.None with { Handling = message, StoreAnsweredAt = answered };
    }

    [Fact]
    public void Store_that_is_asked_for_the_session_first_is_blamed_for_the_time()
    {
        var walk = Walk.To(Accepted);
        walk.Do(HelloReceived(true));
        walk.Elapse(DeadlineKind.Authentication, PeerSigns.None with { IsSessionSought = true });
        Assert.Equal(CloseReason.StoreUnavailable, walk.Life.Reason);
    }

    private static PeerSigns Heard(long at) => PeerSigns.None with { HeardAt = at };

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
            var walk = Walk.To(state, expires: 1200);
            Assert.Equal(1160, walk.Due(DeadlineKind.Refresh));
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
            var walk = Walk.To(state, expires: 1200);
            var effects = walk.Apply(RefreshReceived()).Effects;
            Assert.Equal((1, Refresh), (effects.Count, effects[0].Kind));
            Assert.Equal((null, null, 1200), (walk.Due(DeadlineKind.Expiry), walk.Due(DeadlineKind.Refresh), walk.Due(DeadlineKind.Authentication)));
            walk.Refused(Refusal.Stale, DeadlineElapsed(DeadlineKind.Expiry, 1200));
            walk.Refused(Refusal.Stale, RefreshSucceeded(effects[0].Id + 1, 9000));
            var refreshed = walk.Apply(RefreshSucceeded(effects[0].Id, 9000));
            Assert.Equal((1, SendAuthed, 7400), (refreshed.Effects.Count, refreshed.Effects[0].Kind, refreshed.Effects[0].Due));
            Assert.Equal((9000, 7400, null), (walk.Due(DeadlineKind.Expiry), walk.Due(DeadlineKind.Refresh), walk.Due(DeadlineKind.Authentication)));
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
                walk.Refused(Refusal.Stale, RefreshSucceeded(id, null));
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
        slow.Refused(Refusal.Stale, RefreshSucceeded(3, null));
    }

    [Fact]
    public void Refresh_that_only_time_is_in_the_way_of_leaves_the_old_credentials_until_they_expire()
    {
        foreach (var reason in new[] { CloseReason.TokenExpired, CloseReason.TokenNotYetValid, CloseReason.AuthenticationUnavailable })
        {
            var walk = Walk.To(ProcessingReady, expires: 2000);
            walk.Do(RefreshReceived());
            walk.Now = 1500;
            var kept = walk.Apply(RefreshFailed(3, reason));
            Assert.Equal((1, SendAuthed, 1900), (kept.Effects.Count, kept.Effects[0].Kind, kept.Effects[0].Due));
            Assert.Equal((2000, 1900, null), (walk.Due(DeadlineKind.Expiry), walk.Due(DeadlineKind.Refresh), walk.Due(DeadlineKind.Authentication)));

            walk.Do(RefreshReceived());
            walk.Now = 1999;
            Assert.Equal([SendAuthed], walk.Do(RefreshFailed(4, reason)));
            walk.Do(RefreshReceived());
            walk.Now = 2000;
            walk.Do(RefreshFailed(5, reason));
            Assert.Equal(CloseReason.AuthenticationExpired, walk.Life.Reason);

            // Those that never expire stay good.
            walk = Walk.To(ProcessingReady);
            walk.Do(RefreshReceived());
            Assert.Equal([SendAuthed], walk.Do(RefreshFailed(3, reason)));
            Assert.Null(walk.Due(DeadlineKind.Expiry));
        }
    }

    [Fact]
    public void Credentials_that_have_expired_by_the_time_they_are_there_expire_at_once()
    {
        var walk = Walk.To(Authenticated, expires: 400);
        Assert.Equal((1000, 1000), (walk.Due(DeadlineKind.Expiry), walk.Due(DeadlineKind.Refresh)));
    }

    [Fact]
    public void Failures_of_whoever_decides_are_this_sides()
    {
        foreach (var (make, reason, hint) in new (Func<int, LifecycleEvent>, CloseReason, TimeSpan?)[] { (UserLimitReached, CloseReason.ConnectionLimit, RetryHints.UserLimit), (AuthenticationBroke, CloseReason.InternalError, null) })
        {
            var walk = Walk.To(Accepted);
            walk.Do(HelloReceived(false));
            var closed = walk.Apply(make(1));
            Assert.Equal((reason, hint), (closed.Reason, closed.Effects[^1].RetryAfter));
        }

        foreach (var (make, reason) in new (Func<int, LifecycleEvent>, CloseReason)[] { (RefreshOfAnother, CloseReason.PrincipalChanged), (RefreshBroke, CloseReason.InternalError) })
        {
            var walk = Walk.To(ProcessingReady, expires: 2000);
            walk.Do(RefreshReceived());
            walk.Do(make(3));
            Assert.Equal(reason, walk.Life.Reason);
        }
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
        var walk = Walk.To(Draining, expires: 2000);
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
        walk.Elapse(DeadlineKind.Idle);
        Assert.True(copy.Deadlines != walk.Life.Snapshot.Deadlines);
        Assert.Equal(1500, copy.Deadlines.Due(DeadlineKind.Idle));
        Assert.False(copy.Deadlines.Equals("deadlines"));
        Assert.True(copy.Deadlines == copy.Deadlines with { });
    }
}
