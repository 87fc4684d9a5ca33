using CsCheck;
using Microsoft.Extensions.Time.Testing;

namespace Airlock.Tests.Platform;

public sealed class DeadlineQueueTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly Clock _clock;
    private readonly DeadlineQueue _queue;

    public DeadlineQueueTests()
    {
        _clock = new Clock(_time);
        _queue = new DeadlineQueue(_clock);
    }

    public void Dispose() => _queue.Dispose();

    private static long At(double seconds) => TimeSpan.FromSeconds(seconds).Ticks;

    [Fact]
    public void An_alarm_rings_once_when_its_instant_has_come()
    {
        var rung = new List<double>();
        var alarm = _queue.NewAlarm(() => rung.Add(TimeSpan.FromTicks(_clock.Now).TotalSeconds));
        alarm.Set(At(2));
        _time.Advance(TimeSpan.FromSeconds(1.999));
        Assert.Empty(rung);
        _time.Advance(TimeSpan.FromSeconds(0.001));
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal([2], rung);
        Assert.Equal(0, _queue.Count);
    }

    [Fact]
    public void Alarms_soon_after_a_ring_ring_together()
    {
        var rung = new List<double>();
        foreach (var at in new[] { 1, 1.01, 1.05, 1.099, 1.15, 3 })
        {
            _queue.NewAlarm(() => rung.Add(TimeSpan.FromTicks(_clock.Now).TotalSeconds)).Set(At(at));
        }

        for (var i = 0; i < 4000; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(1));
        }

        Assert.Equal([1, 1.1, 1.1, 1.1, 1.2, 3], rung);
    }

    [Fact]
    public void What_is_due_by_now_rings_though_another_has_just_rung()
    {
        var rung = 0;
        _queue.NewAlarm(() => rung++).Set(At(1));
        _time.Advance(TimeSpan.FromSeconds(1));
        _queue.NewAlarm(() => rung++).Set(At(1));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(2, rung);
    }

    [Fact]
    public void An_alarm_that_is_moved_rings_at_its_last_instant_only()
    {
        var rung = new List<double>();
        var alarm = _queue.NewAlarm(() => rung.Add(TimeSpan.FromTicks(_clock.Now).TotalSeconds));
        alarm.Set(At(5));
        alarm.Set(At(9));
        alarm.Set(At(3));
        alarm.Set(At(7));
        for (var i = 0; i < 12; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal([7], rung);
        Assert.Equal(0, _queue.Count);
    }

    [Fact]
    public void An_alarm_that_is_cleared_or_retired_does_not_ring()
    {
        var rung = 0;
        var cleared = _queue.NewAlarm(() => rung++);
        var retired = _queue.NewAlarm(() => rung++);
        cleared.Set(At(1));
        retired.Set(At(1));
        cleared.Clear();
        retired.Retire();
        retired.Retire();
        retired.Set(At(2));
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(0, rung);
        cleared.Set(At(6));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, rung);
    }

    [Fact]
    public void Setting_an_alarm_to_and_fro_takes_no_more_places_for_ever()
    {
        var alarm = _queue.NewAlarm(static () => { });
        for (var i = 0; i < 1000; i++)
        {
            alarm.Set(_clock.Now + At(25));
            alarm.Set(_clock.Now + At(15));
            _time.Advance(TimeSpan.FromSeconds(1));
            Assert.InRange(_queue.Count, 0, 30);
        }
    }

    [Fact]
    public void Retired_alarms_are_dropped_before_their_time_if_there_are_many()
    {
        var rung = 0;
        for (var i = 0; i < 10_000; i++)
        {
            var alarm = _queue.NewAlarm(() => rung++);
            alarm.Set(At(10 + (i % 7)));
            if (i % 10 != 0)
            {
                alarm.Retire();
            }
        }

        Assert.InRange(_queue.Count, 1000, 2100);
        _time.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal(1000, rung);
        Assert.Equal(0, _queue.Count);
    }

    [Fact]
    public void An_instant_further_away_than_a_timer_reaches_is_kept()
    {
        var rung = 0;
        _queue.NewAlarm(() => rung++).Set(TimeSpan.FromDays(100).Ticks);
        for (var day = 0; day < 99; day++)
        {
            _time.Advance(TimeSpan.FromDays(1));
        }

        Assert.Equal(0, rung);
        _time.Advance(TimeSpan.FromDays(1));
        Assert.Equal(1, rung);
    }

    [Fact]
    public void Whatever_is_set_moved_cleared_and_retired_rings_in_its_time_and_keeps_every_invariant()
    {
        var step = Gen.Select(Gen.Int[0, 5], Gen.Int[0, 4], Gen.Int[0, 3000]);
        step.Array[0, 120].Sample(static steps =>
        {
            var time = new FakeTimeProvider();
            var clock = new Clock(time);
            using var queue = new DeadlineQueue(clock);
            var due = new long?[5];
            var rung = new List<string>();
            DeadlineQueue.Alarm New(int which) => queue.NewAlarm(() =>
            {
                rung.Add(due[which] <= clock.Now ? "" : $"{which} rings at {clock.Now}, and is due at {due[which]}");
                due[which] = null;
            });
            var alarms = Enumerable.Range(0, 5).Select(New).ToArray();
            foreach (var (kind, which, number) in steps)
            {
                var milliseconds = TimeSpan.FromMilliseconds(number);
                switch (kind)
                {
                    case 0 or 1:
                        // Noted first: what is due at once rings at once.
                        due[which] = clock.Now + milliseconds.Ticks;
                        alarms[which].Set(clock.Now + milliseconds.Ticks);
                        break;
                    case 2:
                        alarms[which].Clear();
                        due[which] = null;
                        break;
                    case 3:
                        alarms[which].Retire();
                        due[which] = null;
                        alarms[which] = New(which);
                        break;
                    default:
                        time.Advance(milliseconds);
                        break;
                }

                queue.CheckInvariants();
                Assert.DoesNotContain(rung, static what => what.Length > 0);
                // Late by the resolution at most, and then it has rung.
                Assert.DoesNotContain(due, at => at + DeadlineQueue.Resolution.Ticks < clock.Now);
                Assert.Equal(due.Count(static at => at is not null), LeftOvers.Alarms(queue));
            }
        });
    }
}
