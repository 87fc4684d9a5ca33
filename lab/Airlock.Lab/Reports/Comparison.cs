using System.Text.Json;

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
            return JsonReport.Parse(File.ReadAllText(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new InvalidOperationException($"{path} cannot be compared with: {e.Message}", e);
        }
    }

    /// <summary>Compares. A scenario that the earlier run did not have counts as one that held; one that the later run does not have is left out.</summary>
    /// <param name="previous">The earlier run.</param>
    /// <param name="scenarios">The scenarios of the later one.</param>
    public static ComparisonResult Of(Report previous, IReadOnlyList<ScenarioResult> scenarios)
    {
        var before = previous.Scenarios.Where(static scenario => !scenario.Holds).Select(static scenario => scenario.Name).ToHashSet();
        var now = scenarios.Where(static scenario => !scenario.Holds).Select(static scenario => scenario.Name).ToHashSet();
        var ran = scenarios.Select(static scenario => scenario.Name).ToHashSet();
        return new ComparisonResult
        {
            PreviousRunId = previous.RunId,
            New = [.. now.Except(before).Order(StringComparer.Ordinal)],
            // What was not run again is not known to be fixed.
            Fixed = [.. before.Except(now).Where(ran.Contains).Order(StringComparer.Ordinal)],
            Persisting = [.. now.Intersect(before).Order(StringComparer.Ordinal)],
        };
    }
}
