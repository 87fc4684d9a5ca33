using Airlock.Lab.Running;
using Airlock.Lab.Scheduling;
using Airlock.Lab.Tests.Running;

namespace Airlock.Lab.Tests;

[CollectionDefinition(nameof(EscapeGateTests), DisableParallelization = true)]
public sealed class EscapeGateAlone;

/// <summary>The counts are the process's and the test runner has work of its own, so a batch that is clean need only be seen once among many; one that escapes must never pass.</summary>
[Collection(nameof(EscapeGateTests))]
public sealed class EscapeGateTests
{
    [Fact]
    public void What_stays_inside_passes() => Assert.Contains(null, Batches(10_000, static async scheduler =>
    {
        await Task.Yield();
        await Task.Delay(TimeSpan.FromSeconds(1), scheduler.Time);
        await Task.WhenAll(Enumerable.Range(0, 3).Select(i => scheduler.StartAsync(scheduler.NewActor($"party {i}"), "begins", static async () => await Task.Yield())));
    }));

    [Fact]
    public void Work_on_the_thread_pool_is_noticed_and_where_it_came_from()
    {
        var batches = Batches(20, static scheduler =>
        {
            using var ran = new ManualResetEventSlim();
            _ = Task.Run(ran.Set, CancellationToken.None);
            ran.Wait(CancellationToken.None);
            return Task.CompletedTask;
        }).ToArray();
        Assert.All(batches, static escaped => Assert.Contains("outside the simulation", escaped, StringComparison.Ordinal));
        // The last work of a batch may be the test runner's own.
        Assert.Contains(batches, static escaped => escaped!.Contains(nameof(EscapeGateTests), StringComparison.Ordinal));
    }

    [Fact]
    public void What_an_exploration_lets_escape_is_held_against_the_subject()
    {
        using var done = new SemaphoreSlim(0);
        var subject = new PlantedSubject(isRacy: false, _ =>
        {
            ThreadPool.UnsafeQueueUserWorkItem(_ => done.Release(), null);
            done.Wait(TimeSpan.FromSeconds(30));
        });
        var found = new Explorer(new PlantedScenario(), () => subject).Explore(new Plan { Schedules = 800 }.Portions("planted", "planted", 10), countPoolWork: true);
        Assert.Equal(Run.StaysInside, found.First!.Violations[0].Checker);
    }

    [Fact]
    public void What_the_same_schedules_do_not_let_escape_again_is_the_runtimes_own()
    {
        using var done = new SemaphoreSlim(0);
        var runs = 0;
        var subject = new PlantedSubject(isRacy: false, _ =>
        {
            if (Interlocked.Increment(ref runs) == 1)
            {
                ThreadPool.UnsafeQueueUserWorkItem(_ => done.Release(), null);
                done.Wait(TimeSpan.FromSeconds(30));
            }
        });
        var found = new Explorer(new PlantedScenario(), () => subject).Explore(new Plan { Schedules = 800 }.Portions("planted", "planted", 10), countPoolWork: true);
        Assert.Null(found.First);
        Assert.True(runs > found.Schedules, "It was explored twice.");
    }

    [Fact]
    public void A_real_timer_is_noticed() => Assert.All(Batches(20, static scheduler =>
    {
        _ = Task.Delay(TimeSpan.FromMinutes(10), CancellationToken.None);
        return Task.CompletedTask;
    }), static escaped => Assert.Contains("timers left running", escaped, StringComparison.Ordinal));

    [Fact]
    public void A_continuation_that_forgot_its_party_is_noticed() => Assert.All(Batches(20, static async scheduler =>
    {
        var elsewhere = new TaskCompletionSource();
        using var ran = new ManualResetEventSlim();
        _ = ForgetAsync(elsewhere.Task, ran);
        await Task.Yield();
        elsewhere.SetResult();
        ran.Wait(CancellationToken.None);
    }), static escaped => Assert.Contains("outside the simulation", escaped, StringComparison.Ordinal));

    private static async Task ForgetAsync(Task task, ManualResetEventSlim ran)
    {
        await task.ConfigureAwait(false);
        ran.Set();
    }

    /// <summary>Batches of one run, on a thread of their own; until one is clean.</summary>
    private static List<string?> Batches(int most, Func<Scheduler, Task> work)
    {
        List<string?> escaped = [];
        var thread = new Thread(() =>
        {
            do
            {
                var gate = EscapeGate.Begin();
                var strategy = new RandomStrategy(1);
                strategy.BeginRun();
                var scheduler = new Scheduler(strategy);
                try
                {
                    scheduler.Run(() => work(scheduler));
                }
                catch (SimulationException e) when (e.Kind == FailureKind.Escape)
                {
                    // The scheduler sees on its own thread what the gate sees of the process.
                }

                escaped.Add(gate.Escaped());
            }
            while (escaped.Count < most && escaped[^1] is not null);
        });
        thread.Start();
        thread.Join();
        return escaped;
    }
}
