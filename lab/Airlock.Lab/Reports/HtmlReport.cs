using System.Globalization;
using System.Net;
using System.Text;
using Airlock.Core;
using Airlock.Lab.Running;

namespace Airlock.Lab.Reports;

/// <summary>A report as one HTML file that needs nothing from elsewhere: verdicts, what happened under each race's schedule, the transition table as a picture.</summary>
internal static class HtmlReport
{
    /// <summary>Writes a report. Repeats the run of each race for its picture.</summary>
    /// <param name="report">The report.</param>
    public static string Write(Report report) => Write(report, ScenarioCatalog.Lab);

    /// <summary>Writes a report.</summary>
    /// <param name="report">The report.</param>
    /// <param name="catalog">Where the scenarios of the pictures are found.</param>
    public static string Write(Report report, ScenarioCatalog catalog)
    {
        var html = new StringBuilder();
        var headline = Headline(report);
        html.Append(CultureInfo.InvariantCulture, $"""
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
            <title>{Text(headline)} – Airlock race lab</title>
            <style>
            {HtmlStyle.Css}
            {SequenceDiagram.Style}
            </style></head><body>
            <header class="{(report.ExitCode == 0 ? "good" : "bad")}"><div>
            <div class="kicker">Airlock race lab</div>
            <h1>{Text(headline)}</h1>
            <p class="lead">{Text(Explanation(report))}</p>
            <dl class="tiles">

            """);
        var sum = report.Summary;
        Tile(html, "scenarios that hold", $"{sum.Holding} of {sum.TotalTests}");
        Tile(html, $"schedules of {report.Subject ?? SubjectCatalog.Airlock}", Number(sum.GreenSchedules));
        Tile(html, "with a violation", Number(sum.GreenViolations));
        Tile(html, "scheduler steps", Number(sum.Steps));
        Tile(html, "runs repeated, equal", Number(sum.RepeatedRuns));
        if (report.Coverage is { } coverage)
        {
            Tile(html, "transition table met", $"{coverage.Reached} of {coverage.Possible}");
        }

        if (report.Wire is { } found)
        {
            Tile(html, "hold over the wire", $"{found.Holding} of {found.Scenarios.Count}");
        }

        html.Append("</dl></div></header>\n<nav aria-label=\"Parts of the report\"><ul><li><a href=\"#verdicts\">Verdicts</a></li><li><a href=\"#timelines\">Timelines</a></li>");
        html.Append(report.Coverage is null ? "" : "<li><a href=\"#coverage\">Coverage</a></li>").Append(report.Wire is null ? "" : "<li><a href=\"#wire\">Over the wire</a></li>").Append(report.Impact is null ? "" : "<li><a href=\"#impact\">Impact</a></li>").Append("<li><a href=\"#again\">Run it again</a></li><li><a href=\"#environment\">Environment</a></li></ul></nav>\n<main>\n");
        Verdicts(html, report);
        Timelines(html, report, catalog);
        if (report.Coverage is { } table)
        {
            Heat(html, table);
        }

        if (report.Wire is { } wire)
        {
            html.Append(WireSection.Write(wire));
        }

        if (report.Impact is { } impact)
        {
            WriteImpact(html, impact);
        }

        Again(html, report);
        Environment(html, report);
        html.Append(CultureInfo.InvariantCulture, $"<footer>Green means: within the schedules explored, nothing was violated. Exhaustive where it says so, a sample elsewhere. Run {Text(report.RunId)}.</footer>\n</main>\n<script>\n{HtmlStyle.Script}\n</script>\n</body></html>\n");
        return html.ToString();
    }

    /// <summary>The result in one line.</summary>
    /// <param name="report">The report.</param>
    public static string Headline(Report report) => report switch
    {
        { Summary.TotalTests: 0 } => "Nothing was run",
        { Interrupted: true } => $"Interrupted after {report.Summary.TotalTests} scenarios",
        { Summary.TotalUnexpectedErrors: > 0 } => $"{Count(report.Summary.TotalUnexpectedErrors, "scenario")} could not be examined",
        { Subject: { } subject, Summary.NotHolding: > 0 } => $"{subject} violates something in {report.Summary.NotHolding} of {report.Summary.TotalTests} scenarios",
        { Subject: { } subject } => $"{subject} violates nothing in {Count(report.Summary.TotalTests, "scenario")}",
        { Summary.NotHolding: > 0 } => $"{report.Summary.NotHolding} of {Count(report.Summary.TotalTests, "verdict")} {(report.Summary.NotHolding == 1 ? "does" : "do")} not hold",
        { Wire: { } wire } when wire.Scenarios.Any(static scenario => scenario.Verdict is "fails" or "error") => $"Every verdict holds, but {wire.Holding} of {wire.Scenarios.Count} over the wire",
        { ExitCode: not 0 } => "Every verdict holds, the coverage does not",
        _ => report.Summary.TotalTests == 1 ? "The verdict holds" : $"All {report.Summary.TotalTests} verdicts hold",
    };

    private static string Explanation(Report report) => report.Subject is null
        ? $"Each race must show in a subject that has exactly one fault (or the few that only together show it), and be absent from the production driver. {report.Summary.GreenSchedules.ToString("N0", CultureInfo.InvariantCulture)} schedules of the driver, seed {report.Seed}, commit {report.Commit}, {report.Summary.TotalDurationSeconds.ToString("0.0", CultureInfo.InvariantCulture)} s."
        : $"One subject, {report.Subject}, under every scenario's stimulus. Seed {report.Seed}, commit {report.Commit}, {report.Summary.TotalDurationSeconds.ToString("0.0", CultureInfo.InvariantCulture)} s.";

    private static void Verdicts(StringBuilder html, Report report)
    {
        html.Append("<section id=\"verdicts\"><h2>Verdicts</h2>\n");
        if (report.Recommendations.Count > 0)
        {
            html.Append("<ul>").AppendJoin("", report.Recommendations.Select(static line => $"<li>{Text(line)}</li>")).Append("</ul>\n");
        }

        if (report.Comparison is { } comparison)
        {
            html.Append(CultureInfo.InvariantCulture, $"<p>Since run <code>{Text(comparison.PreviousRunId)}</code>: new {Names(comparison.New)}; fixed {Names(comparison.Fixed)}; persisting {Names(comparison.Persisting)}.{(comparison.NotCompared.Count == 0 ? "" : $" Not compared, because only one of the runs had them or they were another test: {Names(comparison.NotCompared)}.")}</p>\n");
        }

        if (report.NotApplicable is { Count: > 0 } left)
        {
            html.Append(CultureInfo.InvariantCulture, $"<p>Not applicable to {Text(report.Subject!)}, which does not have what they are about: {string.Join(", ", left.Select(static each => $"{Text(each.Name)} ({Text(each.Lacks)})"))}.</p>\n");
        }

        var isOne = report.Subject is not null;
        html.Append("<div class=\"scroll\"><table class=\"cards\"><thead><tr><th scope=\"col\">verdict</th><th scope=\"col\">scenario</th><th scope=\"col\">invariant</th>");
        html.Append(isOne ? "" : "<th scope=\"col\" class=\"group\">red half: fault</th><th scope=\"col\" class=\"n\">first at</th><th scope=\"col\" class=\"n\">share</th><th scope=\"col\" class=\"n\">shrunk to</th>");
        html.Append(CultureInfo.InvariantCulture, $"<th scope=\"col\" class=\"group n\">{Text(report.Subject ?? SubjectCatalog.Airlock)}: schedules</th><th scope=\"col\">exhausted</th><th scope=\"col\" class=\"n\">violations</th></tr></thead><tbody>\n");
        foreach (var suite in report.SuiteResults)
        {
            html.Append(CultureInfo.InvariantCulture, $"<tr class=\"suite\"><th colspan=\"{(isOne ? 6 : 10)}\" scope=\"colgroup\">{suite.Priority} · {Text(suite.Name)} · {suite.Holding} of {suite.Scenarios} hold</th></tr>\n");
            foreach (var scenario in report.Scenarios.Where(scenario => scenario.Suite == suite.Name))
            {
                var red = scenario.Red;
                html.Append(CultureInfo.InvariantCulture, $"<tr><td>{Badge(scenario)}</td><th scope=\"row\"><a href=\"#s-{scenario.Name}\">{Text(scenario.Name)}</a></th><td data-l=\"invariant\">{Text(scenario.Invariant)}</td>");
                if (!isOne)
                {
                    html.Append(CultureInfo.InvariantCulture, $"<td class=\"group\" data-l=\"fault\">{Text(scenario.RedHalf)}</td><td class=\"n\" data-l=\"first at\">{red?.FirstViolating}</td><td class=\"n\" data-l=\"share\">{(red is null ? "" : Share(red))}</td><td class=\"n\" data-l=\"shrunk to\">{(red?.ShrunkLength is { } length ? Count(length, "decision") : "")}</td>");
                }

                html.Append(CultureInfo.InvariantCulture, $"<td class=\"group n\" data-l=\"schedules\">{Number(scenario.Green.Schedules)}</td><td data-l=\"exhausted\">{Exhausted(scenario.Green)}</td><td class=\"n\" data-l=\"violations\">{(scenario.Green.Violating > 0 ? $"<span class=\"badge fails\">{Number(scenario.Green.Violating)}</span>" : "0")}</td></tr>\n");
            }
        }

        html.Append("</tbody></table></div></section>\n");
    }

    private static void Timelines(StringBuilder html, Report report, ScenarioCatalog catalog)
    {
        html.Append("<section id=\"timelines\"><h2>Timelines</h2>\n<p class=\"lead\">Left: the shortest schedule found under which the race shows. Right: the production driver with the same decisions.</p>\n<p class=\"tools\"><button type=\"button\" id=\"open\">Open all</button><button type=\"button\" id=\"close\">Close all</button></p>\n");
        foreach (var scenario in report.Scenarios)
        {
            html.Append(CultureInfo.InvariantCulture, $"<details class=\"scenario\" id=\"s-{scenario.Name}\"{(scenario.Holds || report.Subject is not null ? "" : " open")}><summary>{Badge(scenario)}<b>{Text(scenario.Name)}</b><span class=\"claim\">{Text(scenario.Claim)}</span></summary><div class=\"body\">\n");
            foreach (var problem in scenario.Problems)
            {
                html.Append(CultureInfo.InvariantCulture, $"<p class=\"problem\">{Text(problem)}</p>\n");
            }

            html.Append(CultureInfo.InvariantCulture, $"<dl class=\"facts\"><dt>invariant</dt><dd><b>{Text(scenario.Invariant)}</b>: {Text(scenario.Property)}</dd><dt>source</dt><dd>{Text(scenario.Source)}</dd><dt>category</dt><dd>{Text(scenario.Category)}, {Text(scenario.Difficulty.ToLowerInvariant())}</dd>");
            html.Append(Half("red half", scenario.Red)).Append(Half("without its fault", scenario.Clean)).Append(Half("green half", scenario.Green)).Append(Half("at its locks", scenario.Locks)).Append("</dl>\n");
            if (scenario.Replay is { } replay)
            {
                Line(html, replay);
            }

            Pictures(html, scenario, catalog);
            html.Append("</div></details>\n");
        }

        html.Append("</section>\n");
    }

    private static void Pictures(StringBuilder html, ScenarioResult scenario, ScenarioCatalog catalog)
    {
        if (Timeline.Of(scenario, catalog) is not { } timeline)
        {
            return;
        }

        html.Append("<div class=\"pair\">\n");
        Picture(html, timeline.Subject, timeline.Schedule.ToString(), timeline.Shown);
        if (timeline.Other is { } other)
        {
            Picture(html, SubjectCatalog.Airlock, timeline.OtherSchedule!.ToString(), other);
        }

        html.Append("</div>\n");

        void Picture(StringBuilder to, string subject, string schedule, Replayed run)
        {
            var title = $"{scenario.Name} on {subject}";
            to.Append(CultureInfo.InvariantCulture, $"<figure><figcaption><b>{Text(subject)}</b>, {Count(run.Steps.Count, "step")}, {(run.Violations.Count == 0 ? "nothing violated" : $"violated: {Text(string.Join(", ", run.Violations.Select(static violation => violation.Checker).Distinct()))}")}</figcaption><div class=\"draw\" tabindex=\"0\" role=\"group\" aria-label=\"Sequence diagram of {Text(title)}, scrollable\">");
            to.Append(SequenceDiagram.Write(run, title, hasStyle: false, beside: timeline.Shown.Violations)).Append("</div>\n");
            Line(to, ShellText.Replay(scenario.Name, SubjectCatalog.ArgumentOf(subject), schedule));
            to.Append("</figure>\n");
        }
    }

    private static void Heat(StringBuilder html, CoverageResult coverage)
    {
        var states = coverage.Pairs.Select(static pair => pair.State).Distinct().ToList();
        html.Append(CultureInfo.InvariantCulture, $"<section id=\"coverage\"><h2>Coverage of the lifecycle</h2>\n<p class=\"lead\">How often each event met each state, over every run of the production driver: {coverage.Reached} of {coverage.Possible} pairs that can meet.{(coverage.Judged ? "" : " Judged only when all scenarios run.")}</p>\n");
        html.Append("<p class=\"key\"><span><i class=\"h1\"></i>up to 100</span><span><i class=\"h2\"></i>10,000</span><span><i class=\"h3\"></i>1,000,000</span><span><i class=\"h4\"></i>more</span><span><i class=\"h0\"></i>never, though it can be</span><span><i class=\"no\"></i>cannot meet</span></p>\n");
        html.Append("<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Events by states, scrollable\"><table class=\"heat\"><thead><tr><th scope=\"col\">event</th>").AppendJoin("", states.Select(static state => $"<th scope=\"col\">{Text(state)}</th>")).Append("</tr></thead><tbody>\n");
        foreach (var row in coverage.Pairs.GroupBy(static pair => pair.Event))
        {
            html.Append(CultureInfo.InvariantCulture, $"<tr><th scope=\"row\">{Text(row.Key)}</th>").AppendJoin("", row.Select(pair => Cell(pair, coverage.Judged))).Append("</tr>\n");
        }

        html.Append("</tbody></table></div>\n");
        if (coverage.WronglyListedAsImpossible.Count > 0)
        {
            html.Append(CultureInfo.InvariantCulture, $"<p class=\"problem\">Listed as impossible, and happened: {Text(string.Join(", ", coverage.WronglyListedAsImpossible))}.</p>\n");
        }

        var impossible = coverage.Pairs.Where(static pair => pair.Asked is null).ToList();
        if (impossible.Count > 0)
        {
            html.Append(CultureInfo.InvariantCulture, $"<details><summary><b>{Count(impossible.Count, "pair")} that cannot meet, and why</b></summary><div class=\"body\"><ul>").AppendJoin("", impossible.GroupBy(Reason).Select(static group => $"<li>{Text(group.Key)} <br><code>{string.Join("</code> <code>", group.Select(static pair => Text($"{pair.State} + {pair.Event}")))}</code></li>")).Append("</ul></div></details>\n");
        }

        html.Append("</section>\n");
    }

    private static string Cell(PairCount pair, bool isJudged) => pair.Asked switch
    {
        null => $"<td class=\"no\" title=\"{Text(Reason(pair))}\">–</td>",
        0 => $"<td class=\"{(isJudged ? "h0" : "u")}\" title=\"{Text($"{pair.State} never met {pair.Event}")}\">0</td>",
        { } count => $"<td class=\"h{(count <= 100 ? 1 : count <= 10_000 ? 2 : count <= 1_000_000 ? 3 : 4)}\" title=\"{Text($"{pair.State} + {pair.Event}: {Number(count)}")}\">{Rough(count)}</td>",
    };

    private static string Reason(PairCount pair) =>
        Enum.TryParse<ConnectionState>(pair.State, out var state) && Enum.TryParse<EventKind>(pair.Event, out var kind) && UnreachablePairs.All.TryGetValue((state, kind), out var why) ? why : "No reason is known to this build.";

    private static void WriteImpact(StringBuilder html, Impact impact)
    {
        html.Append("<section id=\"impact\"><h2>Impact</h2>\n<div class=\"scroll\"><table class=\"cards\"><thead><tr><th scope=\"col\">subject</th><th scope=\"col\" class=\"n\">failing share</th><th scope=\"col\" class=\"n\">revenue at risk a year</th><th scope=\"col\" class=\"n\">users</th><th scope=\"col\">formula</th></tr></thead><tbody>");
        foreach (var one in impact.Subjects)
        {
            html.Append(CultureInfo.InvariantCulture, $"<tr><th scope=\"row\">{Text(one.Subject)}</th><td class=\"n\" data-l=\"failing share\">{one.FailingShare:P2}</td><td class=\"n\" data-l=\"at risk a year\">${one.RevenueAtRisk:N0}</td><td class=\"n\" data-l=\"users\">{one.UsersAffected:N0}</td><td>{Text(one.Formula)}</td></tr>");
        }

        html.Append("</tbody></table></div>\n<p class=\"lead\">The share is of the lab's schedules, which look for trouble. For production put in the share that <code>probe</code> measures.</p></section>\n");
    }

    private static void Again(StringBuilder html, Report report)
    {
        html.Append("<section id=\"again\"><h2>Run it again</h2>\n<p class=\"lead\">This line asks for the same run: with a number of schedules or steps it finds the same, on every machine. A schedule is one line and repeats one run, step by step.</p>\n");
        Line(html, report.Command ?? $"airlock-lab run --seed {report.Seed}");
        if (report.Scenarios.FirstOrDefault(static scenario => !scenario.Holds && scenario.Replay is not null) is { } broken)
        {
            Line(html, broken.Replay!);
        }
        else if (report.Scenarios.FirstOrDefault(static scenario => scenario.Replay is not null) is { } first)
        {
            Line(html, $"{first.Replay} --svg {first.Name}.svg");
        }

        html.Append("</section>\n");
    }

    private static void Environment(StringBuilder html, Report report)
    {
        var on = report.Environment;
        html.Append("<section id=\"environment\"><h2>Environment</h2>\n<dl class=\"facts\">");
        foreach (var (name, value) in new[]
        {
            ("run", report.RunId), ("started", report.StartedAt.ToString("u", CultureInfo.InvariantCulture)), ("commit", report.Commit), ("seed", report.Seed.ToString(CultureInfo.InvariantCulture)),
            ("strategies", string.Join(", ", report.Strategies)), ("lab", on.LabVersion), ("runtime", $"{on.Runtime}, {on.Architecture}"), ("system", $"{on.Os}, {Count(on.Processors, "processor")}"),
            ("speed", $"{Number((long)report.Summary.StepsPerSecond)} scheduler steps a second, reports not counted"), ("exit code", report.ExitCode.ToString(CultureInfo.InvariantCulture)),
        })
        {
            html.Append(CultureInfo.InvariantCulture, $"<dt>{name}</dt><dd>{Text(value)}</dd>");
        }

        html.Append("</dl></section>\n");
    }

    private static string Half(string name, HalfResult? half) => half is null ? "" :
        $"<dt>{name}</dt><dd><b>{Text(half.Subject)}</b>: {Count(half.Schedules, "schedule")}, {(half.Error is { } error ? $"broke: {Text(error)}" : half.Violating == 0 ? $"nothing violated{(half.Exhausted ? ", all there are" : half.ExhaustedDelays is { } delays ? $", all with up to {Count(delays, "delay")} among them" : "")}" : $"{Share(half)} violate something. {Text(half.Violation ?? "")}")}</dd>";

    private static void Tile(StringBuilder html, string name, string value) => html.Append(CultureInfo.InvariantCulture, $"<div><dt>{Text(name)}</dt><dd>{Text(value)}</dd></div>\n");

    private static void Line(StringBuilder html, string line) => html.Append(CultureInfo.InvariantCulture, $"<div class=\"line\"><code tabindex=\"0\">{Text(line)}</code><button type=\"button\" class=\"copy\">Copy</button></div>\n");

    private static string Badge(ScenarioResult scenario) => $"<span class=\"badge {scenario.Verdict}\">{scenario.Verdict}</span>";

    private static string Exhausted(HalfResult half) => half.Exhausted ? "all there are" : half.ExhaustedDelays is { } delays and > 0 ? $"up to {Count(delays, "delay")}" : "a sample";

    private static string Share(HalfResult half) => half.Violating switch
    {
        0 => "0 %",
        _ when half.Violating == half.Schedules => "100 %",
        _ when half.Share < 0.001 => "< 0.1 %",
        _ => half.Share.ToString("0.0 %", CultureInfo.InvariantCulture),
    };

    private static string Names(IReadOnlyList<string> names) => names.Count == 0 ? "nothing" : string.Join(", ", names.Select(Text));

    private static string Count(long count, string noun) => $"{Number(count)} {noun}{(count == 1 ? "" : "s")}";

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static string Rough(long count) => count switch
    {
        < 10_000 => Number(count),
        < 1_000_000 => $"{count / 1_000} k",
        _ => $"{(count / 1_000_000.0).ToString("0.0", CultureInfo.InvariantCulture)} M",
    };

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
