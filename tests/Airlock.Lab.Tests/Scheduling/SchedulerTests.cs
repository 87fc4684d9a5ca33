using Airlock.Lab.Scheduling;

namespace Airlock.Lab.Tests;

public sealed class SchedulerTests
{
    private static Scheduler New(bool timeRaces = false, string schedule = "-", int stepsMax = 50_000)
    {
        var replay = new ReplayStrategy(Schedule.Parse(schedule));
        replay.BeginRun();
        return new Scheduler(replay, timeRaces) { StepsMax = stepsMax };
    }

    [Fact]
    public void Waiting_for_what_never_comes_is_a_deadlock() =>
        Assert.Equal(FailureKind.Deadlock, Assert.Throws<SimulationException>(() => New().Run(static () => new TaskCompletionSource().Task)).Kind);

    [Fact]
    public void A_loop_that_polls_reaches_the_limit_of_steps() =>
        Assert.Equal(FailureKind.StepLimit, Assert.Throws<SimulationException>(() => New(stepsMax: 1_000).Run(static async () =>
        {
            while (true)
            {
                await Task.Yield();
            }
        })).Kind);

    [Fact]
    public void A_loop_that_sleeps_reaches_the_limit_of_time()
    {
        var scheduler = New();
        Assert.Equal(FailureKind.TimeLimit, Assert.Throws<SimulationException>(() => scheduler.Run(async () =>
        {
            while (true)
            {
                await Task.Delay(TimeSpan.FromMinutes(5), scheduler.Time);
            }
        })).Kind);
        Assert.InRange(scheduler.Time.Elapsed, TimeSpan.FromHours(3), TimeSpan.FromHours(3.1));
    }

    [Fact]
    public void What_comes_back_from_another_thread_is_an_escape() =>
        Assert.Equal(FailureKind.Escape, Assert.Throws<SimulationException>(() => New(stepsMax: int.MaxValue).Run(static async () =>
        {
            // It ends only when somebody waits for it: else nothing would come back.
            using var isAwaited = new ManualResetEventSlim();
            var elsewhere = Task.Run(isAwaited.Wait, CancellationToken.None);
            _ = ComeBackAsync(elsewhere);
            isAwaited.Set();
            while (true)
            {
                await Task.Yield();
            }

            static async Task ComeBackAsync(Task task) => await task;
        })).Kind);

    [Theory]
    [InlineData("work for the thread pool", false)]
    [InlineData("a timer of the real clock", true)]
    public void What_leaves_the_simulation_ends_the_run_and_tells_the_calls(string what, bool isTimer)
    {
        var escape = Assert.Throws<SimulationException>(() => New().Run(async () =>
        {
            await Task.Yield();
            // Nobody waits for it, so nothing but the watch can tell.
            _ = isTimer ? Task.Delay(TimeSpan.FromMilliseconds(1), CancellationToken.None) : Task.Run(static () => { }, CancellationToken.None);
        }));
        Assert.Equal(FailureKind.Escape, escape.Kind);
        Assert.Contains($"outside the simulation: {what}, from {typeof(SchedulerTests).FullName}.{nameof(What_leaves_the_simulation_ends_the_run_and_tells_the_calls)}", escape.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_timer_of_the_simulations_clock_stays_inside()
    {
        var scheduler = New();
        scheduler.Run(async () =>
        {
            using var late = new CancellationTokenSource(TimeSpan.FromSeconds(1), scheduler.Time);
            var rang = new TaskCompletionSource();
            using var listening = late.Token.Register(rang.SetResult);
            await rang.Task;
            await Task.Delay(TimeSpan.FromMinutes(1), scheduler.Time, CancellationToken.None);
        });
        Assert.Equal(TimeSpan.FromSeconds(61), scheduler.Time.Elapsed);
    }

    [Fact]
    public void An_exception_out_of_a_party_ends_the_run() =>
        Assert.Throws<FormatException>(() => New().Run(static async () =>
        {
            await Task.Yield();
            throw new FormatException("The lab is broken.");
        }));

    [Fact]
    public void Time_passes_only_when_nothing_else_can_happen_unless_it_races()
    {
        Assert.Equal("works, wakes", Race(timeRaces: false, schedule: "-"));
        Assert.Equal("works, wakes", Race(timeRaces: true, schedule: "-"));
        // One option more than there are steps: time.
        Assert.Equal("wakes, works", Race(timeRaces: true, schedule: "t.1.1"));
    }

    [Fact]
    public void Time_that_races_no_more_waits_for_what_can_happen()
    {
        // The same decisions that let time win above; now there is nothing to decide.
        var scheduler = New(timeRaces: true, "t.1.1");
        scheduler.EndTimeRaces();
        List<string> order = [];
        scheduler.Run(() => WorkAndSleepAsync(scheduler, order));
        Assert.Equal(["works", "wakes"], order);
        Assert.Empty(scheduler.Schedule);
    }

    private static string Race(bool timeRaces, string schedule)
    {
        var scheduler = New(timeRaces, schedule);
        List<string> order = [];
        scheduler.Run(() => WorkAndSleepAsync(scheduler, order));
        return string.Join(", ", order);
    }

    private static async Task WorkAndSleepAsync(Scheduler scheduler, List<string> order)
    {
        var sleep = SleepAsync();
        await Task.Yield();
        await Task.Yield();
        order.Add("works");
        await sleep;

        async Task SleepAsync()
        {
            await Task.Delay(TimeSpan.FromSeconds(1), scheduler.Time);
            order.Add("wakes");
        }
    }
}
