using Airlock.Lab.Scenarios;
using Airlock.Lab.Scheduling;
using Airlock.Lab.Subjects;

namespace Airlock.Lab.Running;

/// <summary>A subject of this process.</summary>
/// <param name="name">Its name on the command line.</param>
/// <param name="subject">Makes it.</param>
internal sealed class LocalExaminee(string name, Func<ISubject> subject) : Examinee
{
    /// <inheritdoc/>
    public override string Name => name;

    /// <inheritdoc/>
    public override Capabilities Capabilities { get; } = subject().Capabilities;

    /// <inheritdoc/>
    public override Exploration Explore(Scenario scenario, Plan plan, bool countPoolWork, CancellationToken stop)
    {
        var explorer = new Explorer(scenario, subject, stop: stop);
        try
        {
            return explorer.Explore(plan.Portions(scenario.Name, name, explorer.StepsOfOne()), countPoolWork);
        }
        catch (InvalidOperationException e)
        {
            return Exploration.None with { Error = e.Message };
        }
    }

    /// <inheritdoc/>
    public override Exploration FindRace(Scenario scenario, Plan plan, CancellationToken stop) =>
        new Explorer(scenario, subject, scenario.Invariant.Name, stop).FindRace(plan.SeedOf($"{scenario.Name}/{name}/red"), plan.StepsPerScenario / 4);

    /// <inheritdoc/>
    public override Schedule Shrink(Scenario scenario, Schedule schedule, string checker, CancellationToken stop, Action<int, int>? progress = null) =>
        Shrinker.Shrink(scenario, subject(), schedule, checker, stop, progress);

    /// <inheritdoc/>
    public override Replayed Replay(Scenario scenario, Schedule schedule)
    {
        List<SeenStep> steps = [];
        var run = Run.Replay(scenario, subject(), schedule, steps.Add);
        return new Replayed(steps, run.Trace.Events, run.Violations);
    }
}
