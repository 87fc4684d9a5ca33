using Airlock.Lab.Scheduling;

namespace Airlock.Lab.Tests;

public sealed class SimulatedTimeTests
{
    [Fact]
    public void Timers_fire_in_the_order_of_their_instants() => Assert.Equal(["1 at 1", "2 at 2", "3 at 3"], Run(static (time, note) =>
    {
        foreach (var seconds in new[] { 3, 1, 2 })
        {
            time.CreateTimer(_ => note($"{seconds}"), null, TimeSpan.FromSeconds(seconds), Timeout.InfiniteTimeSpan);
        }
    }));

    [Fact]
    public void Timers_of_one_instant_are_steps_whose_order_is_chosen()
    {
        Assert.Equal(["a at 1", "b at 1"], Run(Two));
        Assert.Equal(["b at 1", "a at 1"], Run(Two, "1"));

        static void Two(TimeProvider time, Action<string> note)
        {
            time.CreateTimer(_ => note("a"), null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
            time.CreateTimer(_ => note("b"), null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        }
    }

    [Fact]
    public void A_periodic_timer_fires_until_it_is_disposed() => Assert.Equal(["1 at 2", "2 at 5", "3 at 8"], Run(static (time, note) =>
    {
        var count = 0;
        ITimer? timer = null;
        timer = time.CreateTimer(_ =>
        {
            note($"{++count}");
            if (count == 3)
            {
                timer!.Dispose();
            }
        }, null, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(3));
    }));

    [Fact]
    public void A_timer_that_is_changed_fires_at_its_last_setting_only() => Assert.Equal(["changed at 5"], Run(static (time, note) =>
    {
        var timer = time.CreateTimer(_ => note("changed"), null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        Assert.True(timer.Change(TimeSpan.FromSeconds(5), Timeout.InfiniteTimeSpan));
        var never = time.CreateTimer(_ => note("never"), null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        never.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }));

    [Fact]
    public void A_disposed_timer_does_not_fire_even_if_its_step_is_waiting() => Assert.Equal(["a at 1"], Run(static (time, note) =>
    {
        ITimer? second = null;
        time.CreateTimer(_ =>
        {
            note("a");
            second!.Dispose();
            Assert.False(second.Change(TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan));
        }, null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        second = time.CreateTimer(_ => note("b"), null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
    }));

    [Fact]
    public void Clock_and_timestamps_agree() => Run(static (time, note) =>
    {
        var (now, stamp) = (time.GetUtcNow(), time.GetTimestamp());
        time.CreateTimer(_ =>
        {
            Assert.Equal(TimeSpan.FromSeconds(7), time.GetUtcNow() - now);
            Assert.Equal(TimeSpan.FromSeconds(7), time.GetElapsedTime(stamp));
        }, null, TimeSpan.FromSeconds(7), Timeout.InfiniteTimeSpan);
    });

    private static List<string> Run(Action<TimeProvider, Action<string>> set, string schedule = "-")
    {
        var replay = new ReplayStrategy(Schedule.Parse(schedule));
        replay.BeginRun();
        var scheduler = new Scheduler(replay);
        List<string> notes = [];
        scheduler.Run(async () =>
        {
            set(scheduler.Time, what => notes.Add($"{what} at {scheduler.Time.Elapsed.TotalSeconds}"));
            await Task.Delay(TimeSpan.FromSeconds(30), scheduler.Time);
        });
        return notes;
    }
}
