using System.Diagnostics;
using Airlock.Lab.Scenarios;
using Airlock.Lab.Scheduling;
using Airlock.Lab.Subjects.Mutants;

namespace Airlock.Lab.Running;

/// <summary>The production driver with one mutation.</summary>
/// <param name="mutation">The mutation's name.</param>
internal sealed class MutantExaminee(string mutation) : CompiledExaminee($"{SubjectCatalog.MutantPrefix}{mutation}", () => CompiledDriver.Of(mutation))
{
    /// <inheritdoc/>
    public override Exploration Explore(Scenario scenario, Plan plan, bool countPoolWork, CancellationToken stop) => FindRace(scenario, plan, stop);

    /// <inheritdoc/>
    public override Exploration FindRace(Scenario scenario, Plan plan, CancellationToken stop)
    {
        var clock = Stopwatch.StartNew();
        try
        {
            var mutant = Driver;
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
}
