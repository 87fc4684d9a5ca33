using System.Diagnostics;
using Airlock.Lab.Scenarios;
using Airlock.Lab.Subjects;

namespace Airlock.Lab.Running;

/// <summary>Examines one scenario after another and comes to a verdict of each.</summary>
/// <param name="plan">How much and how.</param>
/// <param name="subject">The only subject to examine; null for the verdict of both halves.</param>
/// <param name="countPoolWork">Whether work on the thread pool is held against the production driver.</param>
/// <param name="stop">Ends it early: what is not done yet is then missing.</param>
internal sealed class Examination(Plan plan, Examinee? subject, bool countPoolWork, CancellationToken stop)
{
    private const int LocksPart = 4;

    /// <summary>Examines one scenario.</summary>
    /// <param name="scenario">The scenario.</param>
    public Verdict Examine(Scenario scenario)
    {
        var clock = Stopwatch.StartNew();
        var examined = subject ?? SubjectCatalog.Find(SubjectCatalog.Airlock);
        try
        {
            var (red, clean) = subject is null ? RedHalves(scenario) : (null, null);
            var green = Green(scenario, examined, plan, countPoolWork && subject is null);
            // A part of the budget: each run has more decisions, and what shows between two awaits only is rarer.
            var fine = plan with { Schedules = plan.Schedules / LocksPart, StepsPerScenario = plan.StepsPerScenario / LocksPart, SchedulesLeast = plan.SchedulesLeast / 2, Time = plan.Time / LocksPart };
            // The copy of the lab that is bound to the compiled driver knows the lab's own scenarios.
            var isOwn = AllScenarios.List.Any(own => own.Name == scenario.Name);
            var locks = subject is null && isOwn ? Green(scenario, SubjectCatalog.Find(SubjectCatalog.Locks), fine, false) : null;
            return new Verdict(scenario, red, clean, green, locks) { Duration = clock.Elapsed };
        }
        catch (Exception e)
        {
            // The edge: whatever one scenario does not foresee is its own error, and the others are examined all the same.
            return new Verdict(scenario, null, null, new Side(examined.Name, Exploration.None with { Error = $"{e.GetType().Name}: {e.Message}" }), null) { Duration = clock.Elapsed };
        }
    }

    /// <summary>What the subject lacks for a scenario; nothing where both halves are examined.</summary>
    /// <param name="scenario">The scenario.</param>
    public Capabilities MissingFor(Scenario scenario) => subject is null ? Capabilities.None : scenario.Needs & ~subject.Capabilities;

    private (Side Red, Side? Clean) RedHalves(Scenario scenario)
    {
        var red = SubjectCatalog.Find(scenario.Red);
        List<Func<Side?>> work = [() => Red(scenario, red)];
        if (scenario.Red.Fault is not null)
        {
            // It must show that the fault is the cause, not that the model is good: a small part of the budget is enough.
            var small = plan with { Schedules = Explorer.ShareMax, Time = null };
            work.Add(() => Green(scenario, SubjectCatalog.Find(SubjectCatalog.CleanLegacy), small, false));
        }

        var halves = Workers.Run(work);
        return (halves[0]!, halves.Count > 1 ? halves[1] : null);
    }

    private Side Red(Scenario scenario, Examinee red)
    {
        var half = new Side(red.Name, red.FindRace(scenario, plan, stop));
        return half.Exploration.First is { } first ? half with { Shrunk = red.Shrink(scenario, first.Schedule, scenario.Invariant.Name, stop) } : half;
    }

    private Side Green(Scenario scenario, Examinee examinee, Plan plan, bool countPoolWork)
    {
        var half = new Side(examinee.Name, examinee.Explore(scenario, plan, countPoolWork, stop));
        return half.Exploration.First is { } first && first.Violations[0].Checker is not (Run.StaysInside or Explorer.Deterministic)
            ? half with { Shrunk = examinee.Shrink(scenario, first.Schedule, first.Violations[0].Checker, stop) }
            : half;
    }
}
