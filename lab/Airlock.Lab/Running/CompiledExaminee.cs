using Airlock.Lab.Scenarios;
using Airlock.Lab.Scheduling;
using Airlock.Lab.Subjects.Mutants;

namespace Airlock.Lab.Running;

/// <summary>The production driver compiled anew. It runs in a copy of the lab that is bound to it.</summary>
/// <param name="name">Its name on the command line.</param>
/// <param name="driver">The compiled driver; made when it is first used.</param>
internal abstract class CompiledExaminee(string name, Func<CompiledDriver> driver) : Examinee
{
    /// <inheritdoc/>
    public override string Name => name;

    /// <summary>The compiled driver.</summary>
    protected CompiledDriver Driver => driver();

    /// <inheritdoc/>
    public override Schedule Shrink(Scenario scenario, Schedule schedule, string checker, CancellationToken stop, Action<int, int>? progress = null) => Driver.Shrink(scenario, schedule, checker);

    /// <inheritdoc/>
    public override Replayed Replay(Scenario scenario, Schedule schedule)
    {
        List<SeenStep> steps = [];
        var run = Driver.Replay(scenario, schedule, schedule.TimeRaces, steps.Add)
            ?? throw new SimulationException(FailureKind.Divergence, $"schedule {schedule} diverged: it does not fit {scenario.Name} on {Name}");
        return new Replayed(steps, run.Events, run.Violations);
    }
}
