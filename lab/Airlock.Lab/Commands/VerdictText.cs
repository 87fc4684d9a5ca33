using System.Globalization;
using Airlock.Lab.Running;
using Spectre.Console;

namespace Airlock.Lab.Commands;

/// <summary>Verdicts in words and as a table.</summary>
internal static class VerdictText
{
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
    public static Table Table(IReadOnlyList<Verdict> verdicts)
    {
        var isWhole = verdicts.Any(static verdict => verdict.Red is not null);
        var table = new Table().AddColumn("scenario").AddColumn("invariant");
        if (isWhole)
        {
            table.AddColumns("red half", "first red", "share", "shrunk");
        }

        table.AddColumns("green half", "schedules", "violations");
        if (!isWhole)
        {
            table.AddColumns("first", "share", "shrunk");
        }

        table.AddColumn("verdict");
        foreach (var verdict in verdicts)
        {
            List<string> row = [verdict.Scenario.Name, verdict.Scenario.Invariant.Name];
            if (isWhole)
            {
                row.AddRange([verdict.Red!.Subject, First(verdict.Red), Share(verdict.Red), Length(verdict.Red)]);
            }

            row.AddRange([verdict.Green.Subject, Explored(verdict.Green), verdict.Green.Exploration.Violating.ToString("N0", CultureInfo.InvariantCulture)]);
            if (!isWhole)
            {
                row.AddRange([First(verdict.Green), Share(verdict.Green), Length(verdict.Green)]);
            }

            row.Add(verdict.Holds ? "holds" : "FAILS");
            table.AddRow([.. row.Select((cell, i) => new Text(cell, i == row.Count - 1 ? new Style(verdict.Holds ? Color.Green : Color.Red) : Style.Plain))]);
        }

        return table;
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
