using Airlock.Lab.Scenarios;

namespace Airlock.Lab.Running;

/// <summary>What is said of one scenario. It holds only if both halves do: what must be red is red for one reason, and what must be green is green.</summary>
/// <param name="Scenario">The scenario.</param>
/// <param name="Red">The subject with the one fault; null where only a subject is examined.</param>
/// <param name="Clean">The legacy model without faults; null where the red half is a mutation.</param>
/// <param name="Green">The subject that must violate nothing.</param>
/// <param name="Locks">The production driver again, its locks points of the schedule; null where only a subject is examined.</param>
internal sealed record Verdict(Scenario Scenario, Side? Red, Side? Clean, Side Green, Side? Locks = null)
{
    /// <summary>What is wrong with the red half, as a sentence; null if nothing.</summary>
    public string? RedProblem { get; } = Red is null ? null : MustBeRed(Scenario, Red);

    /// <summary>What is wrong with the model without the fault, as a sentence; null if nothing.</summary>
    public string? CleanProblem { get; } = Clean is null ? null : MustBeGreen(Clean, "it has no fault, so the fault is not why the red half is red");

    /// <summary>What is wrong with the green half, as a sentence; null if nothing.</summary>
    public string? GreenProblem { get; } = MustBeGreen(Green, null);

    /// <summary>What is wrong with the green half at its locks, as a sentence; null if nothing.</summary>
    public string? LocksProblem { get; } = Locks is null ? null : MustBeGreen(Locks, null);

    /// <summary>Why it does not hold, as sentences; empty if it does.</summary>
    public IReadOnlyList<string> Problems => [.. new[] { RedProblem, CleanProblem, GreenProblem, LocksProblem }.OfType<string>()];

    /// <summary>Whether it holds.</summary>
    public bool Holds => Problems.Count == 0;

    /// <summary>Everything that was examined.</summary>
    public IEnumerable<Side> Sides => new[] { Red, Clean, Green, Locks }.OfType<Side>();

    /// <summary>What must violate nothing.</summary>
    public IEnumerable<Side> GreenSides => new[] { Green, Locks }.OfType<Side>();

    /// <summary>What the lab itself could not do; null if nothing.</summary>
    public string? Error => Sides.Select(static side => side.Exploration.Error).FirstOrDefault(static error => error is not null);

    /// <summary>How long it took.</summary>
    public TimeSpan Duration { get; init; }

    private static string? MustBeRed(Scenario scenario, Side red) => red.Exploration switch
    {
        { Error: { } error } => $"The red half could not be run: {error}",
        { First: null } done => $"{red.Subject} no longer violates {scenario.Invariant.Name} in {done.Schedules} schedules: the scenario would not notice the fault.",
        { First.Number: > Explorer.RedWithin and var number } => $"{red.Subject} violates {scenario.Invariant.Name} only in schedule {number}, after the first {Explorer.RedWithin}.",
        _ => null,
    };

    private static string? MustBeGreen(Side half, string? why) => half.Exploration switch
    {
        { Error: { } error } => $"{half.Subject} could not be examined: {error}",
        { First: { } first } => $"{half.Subject} violates {first.Violations[0].Checker} under schedule {half.Shrunk ?? first.Schedule}: {FirstLine(first.Violations[0].Text)}{(why is null ? "" : $" ({why})")}",
        { Schedules: 0 } => $"{half.Subject} was not examined: no schedule was run.",
        _ => null,
    };

    // An escape's text goes on with where it came from; a replay shows it.
    private static string FirstLine(string text) => text.Split('\n')[0];
}
