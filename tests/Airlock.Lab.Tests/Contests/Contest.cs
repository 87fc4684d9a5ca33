using Airlock.Lab.Scheduling;

namespace Airlock.Lab.Tests.Contests;

/// <summary>Two or three callers at an object that keeps something together with a lock, and what must be so whoever comes first. Where the lab's scenarios reach such an object by way of a network, here each order is tried.</summary>
/// <param name="Name">Its name: words with dashes.</param>
/// <param name="Promise">What must be so, as a sentence.</param>
/// <param name="PlayAsync">Makes the objects and lets the callers meet.</param>
/// <param name="PausesAtExits">Whether the exits of locks are points of the schedule, too: for what is done in an order that no lock keeps.</param>
/// <param name="Orders">So many orders are tried at most; most contests have fewer.</param>
internal sealed record Contest(string Name, string Promise, Func<Callers, Task> PlayAsync, bool PausesAtExits = false, int Orders = 400)
{
    /// <summary>Every contest.</summary>
    public static IReadOnlyList<Contest> All { get; } = [.. SessionContests.All, .. ServerContests.All, .. ConnectionContests.All, .. AspNetCoreContests.All, .. ClientContests.All];

    /// <summary>Tries every order with few changes of turn, then random ones, until one breaks the promise. Called in the copy of this assembly that is bound to a compiled library.</summary>
    /// <param name="name">The contest's name.</param>
    /// <returns>How many were tried; the last of them and what it broke, or null.</returns>
    public static (int Tried, string? Schedule, string? Broken) Explore(string name)
    {
        var contest = All.First(contest => contest.Name == name);
        var tried = 0;
        for (var bound = 0; ; bound++)
        {
            var (strategy, isNew) = (new DelayBoundedStrategy(bound), false);
            while (tried < contest.Orders * 3 / 4 && strategy.BeginRun())
            {
                var (schedule, broken) = contest.Play(strategy);
                if (schedule.Decisions.Sum() < bound)
                {
                    continue;
                }

                isNew = true;
                tried++;
                if (broken is not null)
                {
                    return (tried, schedule.ToString(), broken);
                }
            }

            if (strategy.IsExhausted && !isNew)
            {
                return (tried, null, null);
            }

            if (!strategy.IsExhausted)
            {
                break;
            }
        }

        for (var random = new RandomStrategy(1); tried < contest.Orders; tried++)
        {
            random.BeginRun();
            var (schedule, broken) = contest.Play(random);
            if (broken is not null)
            {
                return (tried + 1, schedule.ToString(), broken);
            }
        }

        return (tried, null, null);
    }

    private (Schedule Schedule, string? Broken) Play(Strategy strategy)
    {
        var focus = new Focus(strategy);
        var scheduler = new Scheduler(focus, timeRaces: false, hasLockPoints: true);
        scheduler.Locks!.PauseAtExits = PausesAtExits;
        var callers = focus.Callers = new Callers(scheduler);
        string? broken = null;
        try
        {
            scheduler.Run(() => PlayAsync(callers));
        }
        catch (SimulationException e) when (e.Kind is FailureKind.Deadlock or FailureKind.StepLimit or FailureKind.TimeLimit)
        {
            broken = $"Somebody waits for ever: {e.Message}";
        }
        catch (Exception e) when (e is not SimulationException)
        {
            broken = $"{e.GetType().Name}: {e.Message}";
        }

        return (new Schedule(scheduler.Schedule), callers.Broken ?? broken);
    }

    /// <summary>As another says while the callers meet; else first come, first served.</summary>
    private sealed class Focus(Strategy strategy) : Strategy
    {
        public Callers? Callers { get; set; }

        public override bool BeginRun() => true;

        public override int ChooseStep(ReadOnlySpan<Step> ready, Actor? time) => Callers!.AreMeeting ? strategy.ChooseStep(ready, time) : 0;

        public override int ChooseOption(int options) => Callers!.AreMeeting ? strategy.ChooseOption(options) : 0;
    }
}
