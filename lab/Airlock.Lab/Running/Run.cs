using Airlock.Lab.Checkers;
using Airlock.Lab.Scenarios;
using Airlock.Lab.Scheduling;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;
using Airlock.Lab.Subjects.Production;
using Airlock.Lab.Traces;

namespace Airlock.Lab.Running;

/// <summary>One run of one scenario on one subject under one schedule, and what the checkers say of it.</summary>
public sealed class Run
{
    /// <summary>The name of the property that nothing leaves the simulation.</summary>
    public const string StaysInside = "stays-inside";

    private Run(Trace trace, Schedule schedule, int steps, IReadOnlyList<Violation> violations)
    {
        Trace = trace;
        Schedule = schedule;
        Steps = steps;
        Violations = violations;
    }

    /// <summary>What happened.</summary>
    public Trace Trace { get; }

    /// <summary>The decisions that repeat it.</summary>
    public Schedule Schedule { get; }

    /// <summary>How many steps it took.</summary>
    public int Steps { get; }

    /// <summary>What was violated; empty if nothing was.</summary>
    public IReadOnlyList<Violation> Violations { get; }

    /// <summary>A digest of everything that happened.</summary>
    public ulong Hash() => (Trace.Hash() * 31) + (ulong)Steps;

    /// <summary>Whether this checker objected.</summary>
    /// <param name="checker">Its name.</param>
    public bool Violates(string checker) => Violations.Any(violation => violation.Checker == checker);

    /// <summary>Repeats a run.</summary>
    /// <param name="scenario">The stimulus.</param>
    /// <param name="subject">What is examined.</param>
    /// <param name="schedule">The decisions; after them everything is served first come, first served.</param>
    /// <param name="observer">Told of each step, or null.</param>
    /// <exception cref="SimulationException">The schedule does not fit.</exception>
    public static Run Replay(Scenario scenario, ISubject subject, Schedule schedule, Action<SeenStep>? observer = null)
    {
        var strategy = new ReplayStrategy(schedule);
        strategy.BeginRun();
        var run = Once(scenario, subject, strategy, schedule.TimeRaces, null, observer);
        strategy.AssertUsedUp();
        return run;
    }

    /// <summary>Runs once.</summary>
    /// <param name="scenario">The stimulus.</param>
    /// <param name="subject">What is examined.</param>
    /// <param name="strategy">Who decides; the caller has begun its run.</param>
    /// <param name="timeRaces">Whether time may pass while something else can happen.</param>
    /// <param name="coverage">Who counts what the transition table is asked, or null.</param>
    /// <param name="observer">Told of each step, or null.</param>
    /// <exception cref="SimulationException">The schedule does not fit.</exception>
    /// <exception cref="InvalidOperationException">The scenario or the subject's adapter is broken; the message names the schedule.</exception>
    public static Run Once(Scenario scenario, ISubject subject, Strategy strategy, bool timeRaces, Coverage? coverage = null, Action<SeenStep>? observer = null)
    {
        var surroundings = subject.TakesSurroundings ? strategy.Surroundings.Without(scenario.Fixed) : Surroundings.Ordinary;
        // Hours that nobody spends are added by surroundings that wait for hours.
        var scheduler = new Scheduler(strategy, timeRaces) { TimeMax = TimeSpan.FromHours(surroundings.IsOrdinary ? 3 : 12) };
        if (observer is not null)
        {
            scheduler.Observer = (step, choice, options) => observer(new SeenStep(scheduler.Steps, scheduler.Time.Elapsed, step.Actor.Name, step.Label, choice, options));
        }

        var world = new World(scheduler, subject) { Coverage = coverage, Surroundings = surroundings };
        scenario.SetUp(world);
        List<Violation> violations = [];
        try
        {
            scheduler.Run(async () =>
            {
                world.Surround();
                await world.StartServerAsync();
                await scenario.RunAsync(world);
                await world.FinishAsync();
            });
        }
        catch (SimulationException e) when (e.Kind is FailureKind.Deadlock or FailureKind.StepLimit or FailureKind.TimeLimit)
        {
            violations.Add(new Violation("comes-to-an-end", e.Message));
        }
        catch (SimulationException e) when (e.Kind == FailureKind.Escape)
        {
            // What the trace lacks from here on is nobody's fault.
            return new Run(world.Trace, new Schedule(scheduler.Schedule, timeRaces, surroundings), scheduler.Steps, [new Violation(StaysInside, e.Message)]);
        }
        catch (Exception e) when (e is not SimulationException)
        {
            throw new InvalidOperationException($"{scenario.Name} on {subject.Name} broke under schedule {new Schedule(scheduler.Schedule, timeRaces, surroundings)}: {e.GetType().Name}: {e.Message}", e);
        }

        if (world.Trace.Of(TraceKind.Missed).FirstOrDefault() is { Name: { } missed } at)
        {
            violations.Add(new Violation("expectation", $"By step {at.Step} this had to be so, and was not: {missed}"));
        }

        foreach (var checker in AllCheckers.List.Where(checker => subject.Capabilities.HasFlag(checker.Needs) && (scheduler.Locks is null || !checker.ReadsOrderOfStore)))
        {
            if (checker.Check(world.Trace) is { } violation)
            {
                violations.Add(new Violation(checker.Name, violation));
            }
        }

        return new Run(world.Trace, new Schedule(scheduler.Schedule, timeRaces, surroundings), scheduler.Steps, violations);
    }
}
