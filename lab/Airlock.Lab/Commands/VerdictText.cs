using System.Globalization;
using Airlock.Lab.Running;
using Spectre.Console;

namespace Airlock.Lab.Commands;

/// <summary>Verdicts in words and as a table.</summary>
internal static class VerdictText
{
    // Below, columns are torn apart.
    private const int WidthOfAll = 150;

    /// <summary>One verdict in one line.</summary>
    public static string Line(Verdict verdict)
    {
        var red = verdict.Red is { } half ? $"  red {First(half)}, {Share(half)}, shrunk to {Length(half)};" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{(verdict.Holds ? "holds" : "FAILS"),-6} {verdict.Scenario.Name,-32}{red}  {verdict.Green.Subject} {Explored(verdict.Green)}{(verdict.Locks is { } locks ? $" and {locks.Exploration.Schedules:N0} at its locks" : "")}, {verdict.GreenSides.Sum(static side => side.Exploration.Violating)} violations  {verdict.Duration.TotalSeconds:0.0} s");
    }

    /// <summary>What was done for one half.</summary>
    public static string Details(Side half)
    {
        var done = half.Exploration;
        var found = done.First is { } first ? $"; first in schedule {first.Number} ({first.Portion}): {string.Join(" | ", first.Violations.Select(static violation => $"{violation.Checker}: {violation.Text.Split('\n')[0]}"))}" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{half.Subject}: {done.Schedules:N0} schedules, {done.Steps:N0} steps, {done.Repeated:N0} repeated, {done.Violating:N0} violating, {done.Duration.TotalSeconds:0.00} s, {done.Steps / Math.Max(0.001, done.Duration.TotalSeconds):N0} steps/s{found}");
    }

    /// <summary>All verdicts as a table.</summary>
    /// <param name="verdicts">The verdicts.</param>
    /// <param name="width">The width of the window: a narrow one has the four columns that say what to do.</param>
    public static Table Table(IReadOnlyList<Verdict> verdicts, int width)
    {
        var isWhole = verdicts.Any(static verdict => verdict.Red is not null);
        var isWide = width >= WidthOfAll;
        List<(string Name, Func<Verdict, string> Of)> columns = [("scenario", static verdict => verdict.Scenario.Name)];
        if (isWide)
        {
            columns.Add(("invariant", static verdict => verdict.Scenario.Invariant.Name));
        }

        if (isWhole && isWide)
        {
            columns.Add(("red half", static verdict => verdict.Red?.Subject ?? "-"));
            AddRace("first red", static verdict => verdict.Red);
        }
        else if (isWhole)
        {
            columns.Add(("red", static verdict => verdict.Red is { } red ? $"{First(red)}, {Share(red)}" : "-"));
        }

        if (isWide)
        {
            columns.Add(("green half", static verdict => verdict.Green.Subject));
        }

        columns.Add(("schedules", static verdict => Explored(verdict.Green)));
        columns.Add(("violations", static verdict => verdict.Green.Exploration.Violating.ToString("N0", CultureInfo.InvariantCulture)));
        if (!isWhole && isWide)
        {
            AddRace("first", static verdict => verdict.Green);
        }

        columns.Add(("verdict", static verdict => verdict.Holds ? "holds" : "FAILS"));
        var table = new Table().AddColumns(columns.Select(static column => column.Name).ToArray());
        foreach (var verdict in verdicts)
        {
            table.AddRow([.. columns.Select((column, i) => new Text(column.Of(verdict), i == columns.Count - 1 ? new Style(verdict.Holds ? Color.Green : Color.Red) : Style.Plain))]);
        }

        return table;

        void AddRace(string first, Func<Verdict, Side?> half)
        {
            columns.Add((first, verdict => half(verdict) is { } side ? First(side) : "-"));
            columns.Add(("share", verdict => half(verdict) is { } side ? Share(side) : "-"));
            columns.Add(("shrunk", verdict => half(verdict) is { } side ? Length(side) : "-"));
        }
    }

    private static string First(Side half) => half.Exploration.First?.Number.ToString(CultureInfo.InvariantCulture) ?? "-";

    private static string Share(Side half) => half.Exploration.Schedules == 0 ? "-" : half.Exploration.Share.ToString("0.0 %", CultureInfo.InvariantCulture);

    private static string Length(Side half) => half.Shrunk?.Decisions.Count.ToString(CultureInfo.InvariantCulture) ?? "-";

    private static string Explored(Side half) => half.Exploration switch
    {
        { Error: not null } => "not run",
        { IsExhausted: true } done => string.Create(CultureInfo.InvariantCulture, $"{done.Schedules:N0}, exhausted"),
        { ExhaustedBound: >= 0 } done => string.Create(CultureInfo.InvariantCulture, $"{done.Schedules:N0}, all of ≤ {done.ExhaustedBound} delays"),
        var done => done.Schedules.ToString("N0", CultureInfo.InvariantCulture),
    };
}
