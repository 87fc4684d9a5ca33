using System.Diagnostics;
using Airlock.Lab.Scenarios;
using Airlock.Lab.Scheduling;
using Airlock.Lab.Subjects.Mutants;

namespace Airlock.Lab.Running;

/// <summary>The production driver and its client, compiled anew so that each entry of a lock is a point of the schedule; also with a fault at the border of one.</summary>
/// <param name="name">Its name on the command line.</param>
/// <param name="driver">The compiled driver; made when it is first used.</param>
internal sealed class LocksExaminee(string name, Func<Mutant> driver) : Examinee
{
    /// <inheritdoc/>
    public override string Name => name;

    /// <inheritdoc/>
    public override Exploration Explore(Scenario scenario, Plan plan, bool countPoolWork, CancellationToken stop)
    {
        var clock = Stopwatch.StartNew();
        var survey = driver().Survey(scenario, Name, plan);
        return new Exploration
        {
            Schedules = survey.Schedules,
            Steps = survey.Steps,
            Violating = survey.Violating,
            Repeated = survey.Repeated,
            First = survey.Schedule is null ? null : new FoundRace(Schedule.Parse(survey.Schedule), [new Violation(survey.Checker!, survey.Text!)], survey.First, survey.Portion!),
            Error = survey.Error,
            Duration = clock.Elapsed,
        };
    }

    /// <inheritdoc/>
    public override Exploration FindRace(Scenario scenario, Plan plan, CancellationToken stop) => Explore(scenario, plan, false, stop);

    /// <inheritdoc/>
    public override Schedule Shrink(Scenario scenario, Schedule schedule, string checker, CancellationToken stop, Action<int, int>? progress = null) => driver().Shrink(scenario, schedule, checker);

    /// <inheritdoc/>
    public override Replayed Replay(Scenario scenario, Schedule schedule)
    {
        List<SeenStep> steps = [];
        var run = driver().Replay(scenario, schedule, schedule.TimeRaces, steps.Add)
            ?? throw new SimulationException(FailureKind.Divergence, $"schedule {schedule} diverged: it does not fit {scenario.Name} on {Name}");
        return new Replayed(steps, run.Events, run.Violations);
    }
}
