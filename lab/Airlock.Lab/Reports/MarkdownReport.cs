using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Airlock.Lab.Checkers;
using Airlock.Lab.Running;
using Airlock.Lab.Scheduling;
using Airlock.Lab.Traces;

namespace Airlock.Lab.Reports;

/// <summary>A report as the body of an issue that one would file: one race on one page, and nothing that was not seen. What must violate something, a red half, is no race to file.</summary>
internal static partial class MarkdownReport
{
    private const string Label = "bug";
    private const int RowsAtBegin = 8;
    private const int RowsBefore = 24;
    private const int RowsAfter = 8;

    /// <summary>Writes a report. Repeats the run that it is about.</summary>
    /// <param name="report">The report.</param>
    public static string Write(Report report) => Write(report, ScenarioCatalog.Lab);

    /// <summary>Writes a report.</summary>
    /// <param name="report">The report.</param>
    /// <param name="catalog">Where scenarios are found.</param>
    public static string Write(Report report, ScenarioCatalog catalog) => RaceOf(report) is var (result, half) ? Page(report, result, half, catalog) : Nothing(report);

    /// <summary>The line that files it, for a shell.</summary>
    /// <param name="report">The report.</param>
    /// <param name="path">Where the body was written.</param>
    /// <returns>The line; null if there is no race to file.</returns>
    public static string? CommandOf(Report report, string path) => RaceOf(report) is var (result, half)
        ? $"gh issue create --title {ShellText.Quote($"{result.Name}: {half.Subject} violates {half.Checker}")} --label {ShellText.Quote(Label)} --body-file {ShellText.Quote(path.StartsWith('-') ? $"./{path}" : path)}"
        : null;

    // What must be green and is not; first what a schedule repeats.
    private static (ScenarioResult Result, HalfResult Half)? RaceOf(Report report) => report.Scenarios
        .SelectMany(static scenario => new[] { scenario.Green, scenario.Locks, scenario.Clean }.OfType<HalfResult>().Where(static half => half.Violating > 0).Select(half => (Result: scenario, Half: half)))
        .OrderBy(static one => one.Half == one.Result.Clean).ThenBy(static one => one.Half.Schedule is null)
        .Select(static one => ((ScenarioResult, HalfResult)?)one)
        .FirstOrDefault();

    private static string Page(Report report, ScenarioResult result, HalfResult half, ScenarioCatalog catalog)
    {
        var run = Repeat(result, half, catalog);
        var violation = run?.Violations.FirstOrDefault(one => one.Checker == half.Checker) ?? run?.Violations[0] ?? new Violation(half.Checker!, half.Violation!);
        var connection = ConnectionIn().Match(violation.Text) is { Success: true } named ? named.Value : "";
        var text = new StringBuilder();
        Section($"{Prose(violation.Text.Split('\n')[0])} {(run is null ? "What a user sees of it is not known: no schedule repeats it." : Prose(UserView.Of(run.Events, connection)))}");
        Section(Fence("sh", run is null ? report.Command ?? "airlock-lab run" : ShellText.Replay(result.Name, SubjectCatalog.ArgumentOf(half.Subject), half.Schedule!)));
        if (violation.Text.Contains('\n', StringComparison.Ordinal))
        {
            Section(Fence("text", violation.Text));
        }

        if (PropertyOf(violation.Checker, result) is { } property)
        {
            Section($"Violated is {Code(violation.Checker)}: {Prose(property)}");
        }

        if (FaultSource.Of(half.Subject) is { } fault)
        {
            Section($"{Code(half.Subject)} is made so on purpose. {Prose(fault.Summary)} It stands in {string.Join(", ", fault.Places.Select(Code))}.");
        }

        if (run is not null)
        {
            Section("## Who did what");
            Section(Interleaving(run, violation, connection));
            Section("## Log");
            var lines = run.Events.Where(static e => e.Kind == TraceKind.Logged).Select(PostMortem.Print).ToList();
            Section(lines.Count == 0 ? "The server logged nothing." : Fence("text", string.Join('\n', lines)));
            if (lines.Exists(static line => line.StartsWith(PostMortem.Mark, StringComparison.Ordinal)))
            {
                Section($"{PostMortem.Mark}the incident's post-mortem quotes this line.");
            }
        }

        Section("## Where it was seen");
        List<string> facts =
        [
            string.Create(CultureInfo.InvariantCulture, $"In {half.Violating:N0} of {half.Schedules:N0} schedules of {Code(result.Name)} ({Prose(result.Claim)}), first in number {half.FirstViolating} of {half.FoundBy}."),
            $"Run {report.RunId}, commit {report.Commit}, {report.Environment.Runtime} on {report.Environment.Os}: {Code(report.Command ?? "airlock-lab run")}",
        ];
        if (report.Scenarios.Where(scenario => !scenario.Holds && scenario != result).Select(static scenario => Code(scenario.Name)).ToList() is { Count: > 0 } others)
        {
            facts.Add($"Of the same run, not in this issue: {string.Join(", ", others)}.");
        }

        if (report.Impact is { } impact)
        {
            var here = ImpactOfSubject.Of($"{half.Subject}, this scenario", half.Schedules == 0 ? 0 : (decimal)((double)half.Violating / half.Schedules), impact.Arr, impact.Users);
            facts.AddRange(impact.Subjects.Prepend(here).Select(static one => $"{one.Subject}: {one.Formula}. The share is of the lab's schedules, which look for trouble; put in the share that `airlock-lab probe` measures."));
        }

        Section(string.Join('\n', facts.Select(static fact => $"- {fact}")));
        return text.ToString();

        void Section(string section) => text.Append(text.Length == 0 ? "" : "\n").Append(section).Append('\n');
    }

    private static string Nothing(Report report)
    {
        var greens = report.Scenarios.SelectMany(static scenario => new[] { scenario.Green, scenario.Locks }.OfType<HalfResult>()).ToList();
        var text = new StringBuilder("No race to write about: ");
        var subject = report.Subject ?? SubjectCatalog.Airlock;
        text.Append(report.Scenarios.Count == 0 ? "nothing was run.\n" : string.Create(CultureInfo.InvariantCulture, $"{subject} violates nothing in {greens.Sum(static half => half.Schedules):N0} schedules ({greens.Sum(static half => half.Steps):N0} steps) of {report.Scenarios.Count:N0} scenario{(report.Scenarios.Count == 1 ? "" : "s")}.\n"));
        if (report.Interrupted)
        {
            text.Append("\nThe run was interrupted: what follows is what was finished.\n");
        }

        if (report.Scenarios.Where(static scenario => !scenario.Holds).ToList() is { Count: > 0 } open)
        {
            text.Append("\nNot everything is as it must be all the same:\n\n").AppendJoin("", open.Select(static scenario => $"- {Code(scenario.Name)}: {Prose(string.Join(' ', scenario.Problems))}\n"));
        }

        if (report.Scenarios.Count > 0)
        {
            text.Append("\n| examined | schedules | how far |\n|---|---|---|\n").AppendJoin("", report.Scenarios.Select(static scenario => string.Create(CultureInfo.InvariantCulture, $"| {Code(scenario.Name)} | {scenario.Green.Schedules:N0}{(scenario.Locks is { } locks ? string.Create(CultureInfo.InvariantCulture, $" and {locks.Schedules:N0} at its locks") : "")} | {Extent(scenario.Green)} |\n")));
        }

        return text.Append(CultureInfo.InvariantCulture, $"\nRun {report.RunId}, commit {report.Commit}: {Code(report.Command ?? "airlock-lab run")}\n").ToString();
    }

    private static string Extent(HalfResult half) => half switch
    {
        { Error: { } error } => Prose(error.Split('\n')[0]).Replace("|", @"\|", StringComparison.Ordinal),
        { Exhausted: true } => "all there are",
        { ExhaustedDelays: { } delays } => $"all with up to {delays.ToString(CultureInfo.InvariantCulture)} delay{(delays == 1 ? "" : "s")}, and a sample",
        _ => "a sample",
    };

    private static Replayed? Repeat(ScenarioResult result, HalfResult half, ScenarioCatalog catalog)
    {
        try
        {
            return half.Schedule is { } schedule && SubjectCatalog.Find(half.Subject).Replay(catalog.Find(result.Name), Schedule.Parse(schedule)) is { Violations.Count: > 0 } run ? run : null;
        }
        catch (Exception e) when (e is UnknownNameException or SimulationException or InvalidOperationException)
        {
            return null;
        }
    }

    private static string? PropertyOf(string checker, ScenarioResult result) =>
        AllCheckers.List.Append(new Expectation()).FirstOrDefault(one => one.Name == checker)?.Property ?? (checker == result.Invariant ? result.Property : null);

    // The steps of the connection that is named, and those in which the schedule let somebody go ahead.
    private static string Interleaving(Replayed run, Violation violation, string connection)
    {
        var at = StepIn().Match(violation.Text) is { Success: true } named ? int.Parse(named.Groups[1].Value, CultureInfo.InvariantCulture) : run.Events[^1].Step;
        var steps = run.Steps.ToDictionary(static step => step.Number);
        var told = run.Events.Where(e => IsTold(e, at) && (connection.Length == 0 || e.Connection.Length == 0 || e.Connection == connection)).ToLookup(static e => e.Step);
        List<(int Step, string Row)> rows = [];
        foreach (var number in told.Select(static group => group.Key).Union(run.Steps.Where(static step => step.Choice > 0).Select(static step => step.Number)).Order())
        {
            var taken = steps.GetValueOrDefault(number);
            var turn = taken is { Options: > 1 } ? string.Create(CultureInfo.InvariantCulture, $"{taken.Choice + 1} of {taken.Options}") : "";
            var parties = told[number].GroupBy(static e => e.Actor).ToList();
            foreach (var party in parties)
            {
                rows.Add((number, Row(number, EventText.Of(party.First().At), turn, party.Key, string.Join("; ", party.Select(EventText.Of)))));
            }

            if (parties.Count == 0)
            {
                rows.Add((number, Row(number, EventText.Of(taken!.At), turn, taken.Actor, taken.Label ?? "goes on")));
            }
        }

        var middle = Math.Max(0, rows.FindIndex(row => row.Step >= at));
        var table = new StringBuilder("| step | time s | turn | who | what |\n|---|---|---|---|---|\n");
        var next = 0;
        foreach (var index in Enumerable.Range(0, rows.Count).Where(i => i < RowsAtBegin || (i >= middle - RowsBefore && i <= middle + RowsAfter)))
        {
            table.Append(index > next ? LeftOut(index - next) : "").Append(rows[index].Row);
            next = index + 1;
        }

        return table.Append(rows.Count > next ? LeftOut(rows.Count - next) : "").Append("\n*turn*: whose turn it was among those who were ready, 1 the one who waited longest.").ToString();

        static string LeftOut(int count) => $"| … | | | | {count.ToString(CultureInfo.InvariantCulture)} row{(count == 1 ? "" : "s")} left out; the replay shows {(count == 1 ? "it" : "them")} |\n";
    }

    private static bool IsTold(TraceEvent e, int at) => e.Step == at ? e.Kind != TraceKind.Logged : e.Kind is not (TraceKind.Denoted or TraceKind.Positions or TraceKind.Logged or TraceKind.ClientGot);

    private static string Row(int step, string at, string turn, string who, string what) =>
        string.Create(CultureInfo.InvariantCulture, $"| {step} | {at} | {turn} | {Prose(who).Replace("|", @"\|", StringComparison.Ordinal)} | {Code(what).Replace("|", @"\|", StringComparison.Ordinal)} |\n");

    // What a peer sent may hold anything: it must not become markup, a mention or a second line.
    private static string Prose(string text) => Special().Replace(Line(text), static c => $"&#{(int)c.Value[0]};");

    private static string Code(string text)
    {
        var line = Line(text);
        var ticks = new string('`', Ticks().Matches(line).Select(static run => run.Length).DefaultIfEmpty(0).Max() + 1);
        return line.Contains('`', StringComparison.Ordinal) ? $"{ticks} {line} {ticks}" : $"{ticks}{line}{ticks}";
    }

    private static string Fence(string language, string text)
    {
        var ticks = new string('`', Math.Max(3, Ticks().Matches(text).Select(static run => run.Length).DefaultIfEmpty(0).Max() + 1));
        return $"{ticks}{language}\n{text}\n{ticks}";
    }

    private static string Line(string text) => text.ReplaceLineEndings(" ").Trim();

    [GeneratedRegex(@"\bstep (\d+)")]
    private static partial Regex StepIn();

    [GeneratedRegex(@"\bc\d+\b")]
    private static partial Regex ConnectionIn();

    [GeneratedRegex("`+")]
    private static partial Regex Ticks();

    [GeneratedRegex(@"[<&@#\*\[\]`\\~]")]
    private static partial Regex Special();
}
