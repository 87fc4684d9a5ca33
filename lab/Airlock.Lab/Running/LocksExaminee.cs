using System.Diagnostics;
using Airlock.Lab.Scenarios;
using Airlock.Lab.Scheduling;
using Airlock.Lab.Subjects.Mutants;

namespace Airlock.Lab.Running;

/// <summary>The production driver and its client, compiled anew so that each entry of a lock is a point of the schedule; also with a fault at the border of one.</summary>
/// <param name="name">Its name on the command line.</param>
/// <param name="driver">The compiled driver; made when it is first used.</param>
internal sealed class LocksExaminee(string name, Func<CompiledDriver> driver) : CompiledExaminee(name, driver)
{
    /// <inheritdoc/>
    public override Exploration Explore(Scenario scenario, Plan plan, bool countPoolWork, CancellationToken stop)
    {
        var clock = Stopwatch.StartNew();
        var survey = Driver.Survey(scenario, Name, plan);
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
}
