using Airlock.Lab.Scenarios;
using Airlock.Lab.Scheduling;
using Airlock.Lab.Subjects;

namespace Airlock.Lab.Running;

/// <summary>A subject as the commands see it: in this process's libraries, or in mutated ones.</summary>
internal abstract class Examinee
{
    /// <summary>Its name on the command line.</summary>
    public abstract string Name { get; }

    /// <summary>What it can do; a scenario that needs more is not applicable.</summary>
    public virtual Capabilities Capabilities => Capabilities.All;

    /// <summary>Explores a scenario as planned. Every checker counts.</summary>
    /// <param name="scenario">The stimulus.</param>
    /// <param name="plan">How much and how.</param>
    /// <param name="countPoolWork">Whether work on the thread pool is held against it.</param>
    /// <param name="stop">Ends it early.</param>
    public abstract Exploration Explore(Scenario scenario, Plan plan, bool countPoolWork, CancellationToken stop);

    /// <summary>Explores at random until it is known how many schedules violate the scenario's invariant; only that counts.</summary>
    /// <param name="scenario">The stimulus.</param>
    /// <param name="plan">Whose seed and budget.</param>
    /// <param name="stop">Ends it early.</param>
    public abstract Exploration FindRace(Scenario scenario, Plan plan, CancellationToken stop);

    /// <summary>Makes a race's schedule shorter and plainer.</summary>
    /// <param name="scenario">The stimulus.</param>
    /// <param name="schedule">Under which the checker objects.</param>
    /// <param name="checker">The checker's name.</param>
    /// <param name="stop">Ends it early with the best so far.</param>
    /// <param name="progress">Told after each run how many were made, and how many are made at most; null for nobody.</param>
    public abstract Schedule Shrink(Scenario scenario, Schedule schedule, string checker, CancellationToken stop, Action<int, int>? progress = null);

    /// <summary>Repeats one run.</summary>
    /// <param name="scenario">The stimulus.</param>
    /// <param name="schedule">The decisions.</param>
    /// <exception cref="SimulationException">The schedule does not fit.</exception>
    public abstract Replayed Replay(Scenario scenario, Schedule schedule);
}
