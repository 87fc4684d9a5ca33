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
    /// <summary>Why it does not hold, as sentences; empty if it does.</summary>
    public IReadOnlyList<string> Problems { get; } = [.. Judge(Scenario, Red, Clean, Green, Locks)];

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

    private static IEnumerable<string> Judge(Scenario scenario, Side? red, Side? clean, Side green, Side? locks)
    {
        if (red is not null)
        {
            if (red.Exploration.Error is { } error)
            {
                yield return $"The red half could not be run: {error}";
            }
            else if (red.Exploration.First is not { } first)
            {
                yield return $"{red.Subject} no longer violates {scenario.Invariant.Name} in {red.Exploration.Schedules} schedules: the scenario would not notice the fault.";
            }
            else if (first.Number > Explorer.RedWithin)
            {
                yield return $"{red.Subject} violates {scenario.Invariant.Name} only in schedule {first.Number}, after the first {Explorer.RedWithin}.";
            }
        }

        if (clean is not null)
        {
            foreach (var problem in MustBeGreen(clean, "it has no fault, so the fault is not why the red half is red"))
            {
                yield return problem;
            }
        }

        foreach (var problem in new[] { green, locks }.OfType<Side>().SelectMany(static side => MustBeGreen(side, null)))
        {
            yield return problem;
        }
    }

    private static IEnumerable<string> MustBeGreen(Side half, string? why)
    {
        if (half.Exploration.Error is { } error)
        {
            yield return $"{half.Subject} could not be examined: {error}";
        }
        else if (half.Exploration.First is { } first)
        {
            yield return $"{half.Subject} violates {first.Violations[0].Checker} under schedule {half.Shrunk ?? first.Schedule}: {FirstLine(first.Violations[0].Text)}{(why is null ? "" : $" ({why})")}";
        }
        else if (half.Exploration.Schedules == 0)
        {
            yield return $"{half.Subject} was not examined: no schedule was run.";
        }
    }

    // An escape's text goes on with where it came from; a replay shows it.
    private static string FirstLine(string text) => text.Split('\n')[0];
}
