using System.Text.Json;
using Airlock.Lab.Running;
using Airlock.Lab.Scenarios;
using Airlock.Lab.Scheduling;

namespace Airlock.Lab.Subjects.Mutants;

/// <summary>The production driver compiled anew, with one mutation or with its locks as points of the schedule, and a second copy of the lab bound to it.</summary>
public sealed class CompiledDriver
{
    private static readonly CompiledCopies _plain = new(hasLockPoints: false);
    private static readonly CompiledCopies _atLocks = new(hasLockPoints: true);
    private readonly CompiledCopies _copies;

    private CompiledDriver(Mutation? mutation)
    {
        Mutation = mutation;
        _copies = mutation is null or { IsAtLock: true } ? _atLocks : _plain;
    }

    /// <summary>The driver without a fault, its locks points of the schedule.</summary>
    public static CompiledDriver WithLockPoints { get; } = new(null);

    /// <summary>What is wrong with it; null if nothing is.</summary>
    public Mutation? Mutation { get; }

    /// <summary>The mutant of a name.</summary>
    /// <param name="name">The mutation's name.</param>
    /// <exception cref="InvalidOperationException">There is none of this name.</exception>
    public static CompiledDriver Of(string name) => new(MutationTable.Find(name)
        ?? throw new InvalidOperationException($"There is no mutation {name}; MutationTable.cs holds {string.Join(", ", MutationTable.All.Select(static mutation => mutation.Name))}, LockBorders.cs, Leaks.cs and Surrounded.cs more."));

    /// <summary>Runs random schedules; in every second one time races with work.</summary>
    /// <param name="scenario">The stimulus.</param>
    /// <param name="seed">Decides everything.</param>
    /// <param name="schedules">How many.</param>
    /// <param name="stopAtFirst">Whether to stop at the first schedule that violates the scenario's invariant.</param>
    public CompiledFinding Explore(Scenario scenario, ulong seed, int schedules, bool stopAtFirst)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        return JsonSerializer.Deserialize<CompiledFinding>((string)_copies.Invoke(Mutation, nameof(CompiledEntry.Explore), scenario.Name, seed, schedules, stopAtFirst))!;
    }

    /// <summary>Explores a scenario as a green half is explored: every checker counts.</summary>
    /// <param name="scenario">The stimulus.</param>
    /// <param name="subject">What it is called.</param>
    /// <param name="plan">How much and how.</param>
    internal CompiledSurvey Survey(Scenario scenario, string subject, Plan plan)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        return JsonSerializer.Deserialize<CompiledSurvey>((string)_copies.Invoke(Mutation, nameof(CompiledEntry.Survey), scenario.Name, subject, JsonSerializer.Serialize(plan)))!;
    }

    /// <summary>Runs one schedule.</summary>
    /// <param name="scenario">The stimulus.</param>
    /// <param name="schedule">The schedule.</param>
    /// <param name="timeRaces">Whether time may pass while something else can happen.</param>
    /// <param name="observer">Told of each step, or null.</param>
    /// <returns>What happened; null if the schedule does not fit the mutant's run.</returns>
    public CompiledRun? Replay(Scenario scenario, Schedule schedule, bool timeRaces, Action<SeenStep>? observer = null)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        ArgumentNullException.ThrowIfNull(schedule);
        return JsonSerializer.Deserialize<CompiledRun?>((string)_copies.Invoke(Mutation, nameof(CompiledEntry.Replay), scenario.Name, schedule.ToString(), timeRaces, observer is null ? null : (Action<int, TimeSpan, string, string?, int, int>)Tell));

        void Tell(int number, TimeSpan at, string actor, string? label, int choice, int options) => observer(new SeenStep(number, at, actor, label, choice, options));
    }

    /// <summary>Makes the schedule of a race shorter and plainer while the same checker objects.</summary>
    /// <param name="scenario">The stimulus.</param>
    /// <param name="schedule">Under which the checker objects.</param>
    /// <param name="checker">The checker's name.</param>
    public Schedule Shrink(Scenario scenario, Schedule schedule, string checker)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        ArgumentNullException.ThrowIfNull(schedule);
        return Schedule.Parse((string)_copies.Invoke(Mutation, nameof(CompiledEntry.Shrink), scenario.Name, schedule.ToString(), checker));
    }
}
