using System.Diagnostics;
using Airlock.Lab.Scenarios;
using Airlock.Lab.Scheduling;
using Airlock.Lab.Subjects.Mutants;

namespace Airlock.Lab.Running;

/// <summary>The production driver with one mutation.</summary>
/// <param name="mutation">The mutation's name.</param>
internal sealed class MutantExaminee(string mutation) : Examinee
{
    /// <inheritdoc/>
    public override string Name => $"{SubjectCatalog.MutantPrefix}{mutation}";

    /// <inheritdoc/>
    public override Exploration Explore(Scenario scenario, Plan plan, bool countPoolWork, CancellationToken stop) => FindRace(scenario, plan, stop);

    /// <inheritdoc/>
    public override Exploration FindRace(Scenario scenario, Plan plan, CancellationToken stop)
    {
        var clock = Stopwatch.StartNew();
        try
        {
            var mutant = Mutant.Of(mutation);
            var seed = plan.SeedOf($"{scenario.Name}/{Name}/red");
            var first = mutant.Explore(scenario, seed, Explorer.RedWithin, stopAtFirst: true);
            if (first.Schedule is null)
            {
                return Exploration.None with { Schedules = first.Runs, Duration = clock.Elapsed };
            }

            // How many runs the budget buys, by the length of one.
            var steps = mutant.Replay(scenario, Schedule.Parse(first.Schedule), first.TimeRaces)?.Steps ?? plan.StepsPerScenario;
            var found = mutant.Explore(scenario, seed, Math.Clamp(plan.StepsPerScenario / 4 / Math.Max(1, steps), Explorer.RedWithin, Explorer.ShareMax), stopAtFirst: false);
            return new Exploration
            {
                Schedules = found.Runs,
                Steps = (long)found.Runs * steps,
                Violating = found.Violating,
                First = new FoundRace(Schedule.Parse(first.Schedule), [new Violation(scenario.Invariant.Name, first.Text!)], first.First, "random"),
                Duration = clock.Elapsed,
            };
        }
        catch (InvalidOperationException e)
        {
            return Exploration.None with { Error = e.Message, Duration = clock.Elapsed };
        }
    }

    /// <inheritdoc/>
    public override Schedule Shrink(Scenario scenario, Schedule schedule, string checker, CancellationToken stop, Action<int, int>? progress = null)
    {
        var mutant = Mutant.Of(mutation);
        return mutant.Shrink(scenario, schedule, checker);
    }

    /// <inheritdoc/>
    public override Replayed Replay(Scenario scenario, Schedule schedule)
    {
        var mutant = Mutant.Of(mutation);
        List<SeenStep> steps = [];
        var run = mutant.Replay(scenario, schedule, schedule.TimeRaces, steps.Add)
            ?? throw new SimulationException(FailureKind.Divergence, $"schedule {schedule} diverged: it does not fit {scenario.Name} on {Name}");
        return new Replayed(steps, run.Events, run.Violations);
    }
}
