using System.Text.Json;
using Airlock.Lab.Running;

namespace Airlock.Lab.Reports;

/// <summary>Tells what is new, fixed and still there since an earlier run.</summary>
internal static class Comparison
{
    /// <summary>Reads an earlier run's report.</summary>
    /// <param name="path">The file that <c>--json</c> wrote.</param>
    /// <exception cref="InvalidOperationException">It is not there or not a report; the message says what is wrong.</exception>
    public static Report Read(string path)
    {
        try
        {
            return JsonReport.Parse(File.ReadAllText(path)) ?? throw new JsonException("it holds no report.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new InvalidOperationException($"{path} cannot be compared with: {e.Message}", e);
        }
    }

    /// <summary>Why two runs cannot be compared, as a sentence; null if they can. What a smaller budget or another seed does not find is not mended, and one subject's races are not another's.</summary>
    /// <param name="previous">The earlier run.</param>
    /// <param name="subject">The later run's only subject; null for both halves.</param>
    /// <param name="plan">How the later run is planned.</param>
    /// <param name="scenarios">The names of its scenarios.</param>
    public static string? ProblemOf(Report previous, string? subject, Plan plan, IReadOnlyCollection<string> scenarios)
    {
        List<string> differences = [];
        Compare("subject", previous.Subject ?? "both halves", subject ?? "both halves");
        Compare("seed", $"{previous.Seed}", $"{plan.Seed}");
        Compare("budget for each scenario", previous.Budget ?? "not written down", plan.Budget);
        Compare("choice of strategies", string.Join(", ", previous.Strategies), string.Join(", ", plan.Strategies.Select(static strategy => strategy.ToString().ToLowerInvariant())));
        if (!previous.Scenarios.Any(scenario => scenarios.Contains(scenario.Name)))
        {
            differences.Add("it has none of these scenarios");
        }

        return differences.Count == 0 ? null : $"Run {previous.RunId} cannot be compared with: {string.Join("; ", differences)}.{(previous.Command is { } command ? $" It was: {command}" : "")}";

        void Compare(string what, string before, string now)
        {
            if (before != now)
            {
                differences.Add($"its {what} was {before}, and is {now} now");
            }
        }
    }

    /// <summary>Compares the scenarios that both runs had, as the same test.</summary>
    /// <param name="previous">The earlier run.</param>
    /// <param name="scenarios">The scenarios of the later one.</param>
    public static ComparisonResult Of(Report previous, IReadOnlyList<ScenarioResult> scenarios)
    {
        var before = previous.Scenarios.ToDictionary(static scenario => scenario.Name);
        var both = scenarios.Where(scenario => before.TryGetValue(scenario.Name, out var then) && (then.Claim, then.Invariant, then.RedHalf) == (scenario.Claim, scenario.Invariant, scenario.RedHalf)).ToList();
        return new ComparisonResult
        {
            PreviousRunId = previous.RunId,
            New = Names(both.Where(scenario => before[scenario.Name].Holds && !scenario.Holds)),
            Fixed = Names(both.Where(scenario => !before[scenario.Name].Holds && scenario.Holds)),
            Persisting = Names(both.Where(scenario => !before[scenario.Name].Holds && !scenario.Holds)),
            NotCompared = Names(previous.Scenarios.Concat(scenarios).Where(scenario => !both.Exists(one => one.Name == scenario.Name)).DistinctBy(static scenario => scenario.Name)),
        };

        static IReadOnlyList<string> Names(IEnumerable<ScenarioResult> of) => [.. of.Select(static scenario => scenario.Name).Order(StringComparer.Ordinal)];
    }
}
