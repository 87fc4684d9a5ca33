using Airlock.Lab.Scheduling;

namespace Airlock.Lab.Tests;

public sealed class LockPointsTests
{
    [Fact]
    public void What_is_looked_at_under_one_lock_and_changed_under_the_next_is_found()
    {
        var counts = Outcomes((scheduler, taken) => TwoAsync(scheduler, counter =>
        {
            var seen = Locked(taken, () => counter.Value);
            Locked(taken, () => counter.Value = seen + 1);
        }));
        Assert.Equal([1, 2], counts);
    }

    [Fact]
    public void What_is_looked_at_and_changed_under_one_lock_is_whole()
    {
        var counts = Outcomes((scheduler, taken) => TwoAsync(scheduler, counter => Locked(taken, () => counter.Value++)));
        Assert.Equal([2], counts);
    }

    [Fact]
    public void What_is_done_after_a_lock_without_one_shows_only_if_its_exit_is_a_point_too()
    {
        foreach (var (atExits, expected) in ((bool, string[])[])[(false, ["aabb", "bbaa"]), (true, ["aabb", "abab", "abba", "baab", "baba", "bbaa"])])
        {
            var orders = new HashSet<string>();
            Explore(scheduler =>
            {
                scheduler.Locks!.PauseAtExits = atExits;
                var (order, taken) = ("", new object());
                return (BothAsync(scheduler, name =>
                {
                    Locked(taken, () => order += name);
                    order += name;
                }), () => orders.Add(order));
            });
            Assert.Equal(expected, orders.Order());
        }
    }

    [Fact]
    public void A_lock_that_is_held_is_waited_for_and_may_be_entered_again_by_its_holder()
    {
        // Whoever holds the outer one pauses at the inner one: the other waits meanwhile.
        var inner = new object();
        var orders = new HashSet<string>();
        Explore(scheduler =>
        {
            var outer = new object();
            var order = "";
            return (BothAsync(scheduler, name => Locked(outer, () => Locked(outer, () =>
            {
                order += name;
                Locked(inner, () => order += name);
            }))), () => orders.Add(order));
        });
        Assert.Equal(["aabb", "bbaa"], orders.Order());
    }

    [Fact]
    public void Two_locks_taken_in_two_orders_are_a_deadlock()
    {
        var failures = new HashSet<FailureKind?>();
        Explore(
            scheduler =>
            {
                var (first, second) = (new object(), new object());
                return (BothAsync(scheduler, name => Locked(name == "a" ? first : second, () => Locked(name == "a" ? second : first, static () => { }))), static () => { });
            },
            failure => failures.Add(failure?.Kind));
        Assert.Equal([null, FailureKind.Deadlock], failures.Order());
    }

    [Fact]
    public void A_schedule_repeats_its_run()
    {
        var strategy = new RandomStrategy(7);
        for (var i = 0; i < 50; i++)
        {
            strategy.BeginRun();
            var (order, scheduler) = RunOnce(strategy);
            var replay = new ReplayStrategy(new Schedule(scheduler.Schedule));
            replay.BeginRun();
            Assert.Equal(order, RunOnce(replay).Order);
            replay.AssertUsedUp();
        }

        static (string Order, Scheduler Scheduler) RunOnce(Strategy strategy)
        {
            var scheduler = new Scheduler(strategy, timeRaces: false, hasLockPoints: true);
            var (order, taken) = ("", new object());
            scheduler.Run(() => BothAsync(scheduler, name =>
            {
                for (var i = 0; i < 5; i++)
                {
                    Locked(taken, () => order += name);
                }
            }));
            return (order, scheduler);
        }
    }

    [Fact]
    public void A_run_that_breaks_leaves_no_thread_and_no_fiber()
    {
        var threads = new List<Thread>();
        Assert.Throws<InvalidOperationException>(() => Explore(scheduler =>
        {
            var taken = new object();
            return (BothAsync(scheduler, name => Locked(taken, () =>
            {
                threads.Add(Thread.CurrentThread);
                throw new InvalidOperationException(name);
            })), static () => { }
            );
        }));
        Assert.Null(Fiber.Current);
        Assert.All(threads.Where(static thread => thread != Thread.CurrentThread), static thread => Assert.False(thread.IsAlive));
    }

    /// <summary>Runs every schedule with up to three delays.</summary>
    private static void Explore(Func<Scheduler, (Task Main, Action Then)> work, Action<SimulationException?>? ended = null)
    {
        var strategy = new DelayBoundedStrategy(3);
        while (strategy.BeginRun())
        {
            var scheduler = new Scheduler(strategy, timeRaces: false, hasLockPoints: true);
            var then = static () => { };
            try
            {
                scheduler.Run(() =>
                {
                    (var main, then) = work(scheduler);
                    return main;
                });
                ended?.Invoke(null);
            }
            catch (SimulationException failure) when (ended is not null)
            {
                ended(failure);
            }

            then();
        }
    }

    private static IEnumerable<int> Outcomes(Func<Scheduler, object, (Task Main, Counter Counter)> work)
    {
        var outcomes = new HashSet<int>();
        Explore(scheduler =>
        {
            var (main, counter) = work(scheduler, new object());
            return (main, () => outcomes.Add(counter.Value));
        });
        return outcomes.Order();
    }

    private static (Task Main, Counter Counter) TwoAsync(Scheduler scheduler, Action<Counter> work)
    {
        var counter = new Counter();
        return (BothAsync(scheduler, _ => work(counter)), counter);
    }

    private static async Task BothAsync(Scheduler scheduler, Action<string> work)
    {
        var both = new[] { "a", "b" }.Select(name => scheduler.StartAsync(scheduler.NewActor(name), "works", () =>
        {
            work(name);
            return Task.CompletedTask;
        })).ToList();
        foreach (var one in both)
        {
            await one;
        }
    }

    private static void Locked(object taken, Action work)
    {
        LockPoints.Enter(taken);
        try
        {
            work();
        }
        finally
        {
            LockPoints.Exit(taken);
        }
    }

    private static T Locked<T>(object taken, Func<T> work)
    {
        var result = default(T);
        Locked(taken, () => { result = work(); });
        return result!;
    }

    private sealed class Counter
    {
        public int Value { get; set; }
    }
}
