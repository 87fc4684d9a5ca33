using System.Diagnostics;
using System.Runtime.CompilerServices;
using Airlock.Core;
using Airlock.Tests.Harness;
using Microsoft.Extensions.Time.Testing;

namespace Airlock.Tests;

public sealed class InvariantsTests
{
    public static TheoryData<string> FieldsOfDeadlines() => [.. FieldChanges.Of(typeof(DeadlineQueue), "_lock", "_queue", "_clock", "_timer", "_quietUntil")];

    public static TheoryData<string> FieldsOfAlarms() => [.. FieldChanges.Of(typeof(DeadlineQueue.Alarm), "queue")];

    [Theory]
    [MemberData(nameof(FieldsOfDeadlines))]
    public void A_field_of_the_deadlines_that_is_off_breaks_an_invariant(string field) => FieldChanges.MustBeSeen(field, static () =>
    {
        var (queue, _) = Deadlines();
        return (queue, queue.CheckInvariants);
    });

    [Theory]
    [MemberData(nameof(FieldsOfAlarms))]
    public void A_field_of_an_alarm_that_is_off_breaks_an_invariant(string field) => FieldChanges.MustBeSeen(field, static () =>
    {
        var (queue, alarm) = Deadlines();
        return (alarm, queue.CheckInvariants);
    });

    [Fact]
    public void Somebody_who_waits_for_gates_that_are_open_breaks_an_invariant()
    {
        var (closed, open) = (new GateBoard(), new GateBoard());
        closed.Declare("agent", required: true);
        open.Declare("agent", required: true);
        open.Report("agent", GateState.Open);
        _ = closed.RequiredOpenAsync(TestContext.Current.CancellationToken);
        closed.CheckInvariants();
        Waiting(open) = Waiting(closed);
        Assert.Throws<UnreachableException>(open.CheckInvariants);
    }

    [Theory]
    [InlineData("ends", "observer")]
    [InlineData("ends", "alarm")]
    [InlineData("is detached", "observer")]
    [InlineData("is detached", "no alarm")]
    [InlineData("is detached", "no try")]
    [InlineData("stays", "alarm")]
    [InlineData("stays", "no try")]
    public async Task A_session_that_keeps_what_it_should_have_let_go_breaks_an_invariant(string what, string off)
    {
        using var store = new MemorySessionStore(new FakeTimeProvider(), new SeededEntropy(1), new MemorySessionStoreOptions());
        var outcome = await store.AttachAsync(
            new AttachRequest { Endpoint = "/", Principal = TestServer.UserOf(null), Connection = "c", Limits = new SessionLimits(), Observer = new Nobody() }, CancellationToken.None);
        var session = (MemorySession)outcome.Log!;
        await session.AppendAsync(1, 1, "m1", new byte[1]);
        await session.BeginTryAsync(static _ => { });
        if (what == "ends")
        {
            session.End(CloseReason.SessionEnded);
        }
        else if (what == "is detached")
        {
            await session.DetachAsync(1, new ConnectionEnd("c", CloseReason.TransportLost, 1006));
        }

        session.CheckInvariants();
        switch (off)
        {
            case "observer":
                session.GetType().GetField("_observer", System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.NonPublic)!.SetValue(session, new Nobody());
                break;
            case "alarm":
                AlarmDue(Expiry(session)) = 1;
                break;
            case "no alarm":
                Expiry(session).Clear();
                break;
            default:
                Live(session) = null;
                break;
        }

        Assert.Throws<UnreachableException>(session.CheckInvariants);
    }

    /// <summary>One alarm to ring, one that was moved away, and one that rings no more.</summary>
    private static (DeadlineQueue Queue, DeadlineQueue.Alarm Alarm) Deadlines()
    {
        var queue = new DeadlineQueue(new Clock(new FakeTimeProvider()));
        var alarm = queue.NewAlarm(static () => { });
        alarm.Set(TimeSpan.FromSeconds(1).Ticks);
        var moved = queue.NewAlarm(static () => { });
        moved.Set(TimeSpan.FromSeconds(2).Ticks);
        moved.Set(TimeSpan.FromSeconds(3).Ticks);
        var retired = queue.NewAlarm(static () => { });
        retired.Set(TimeSpan.FromSeconds(4).Ticks);
        retired.Retire();
        return (queue, alarm);
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_waiting")]
    private static extern ref HashSet<TaskCompletionSource> Waiting(GateBoard gates);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_expiry")]
    private static extern ref DeadlineQueue.Alarm Expiry(MemorySession session);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_live")]
    private static extern ref TurnTry? Live(MemorySession session);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "<Due>k__BackingField")]
    private static extern ref long AlarmDue(DeadlineQueue.Alarm alarm);

    private sealed class Nobody : ISessionObserver
    {
        public void OnChanged()
        {
        }

        public void OnRevoked(CloseReason reason, TimeSpan? retryAfter)
        {
        }
    }
}
