using System.Text.RegularExpressions;
using Airlock.Lab.Commands;
using Airlock.Lab.Reports;
using Airlock.Lab.Running;
using Airlock.Lab.Traces;

namespace Airlock.Lab.Tests.Reports;

public sealed partial class MarkdownReportTests
{
    private static readonly Exploration _green = new() { Schedules = 1_000, Steps = 20_000, ExhaustedBound = 1 };

    [Theory]
    [InlineData("incident", "legacy")]
    [InlineData("incident", "legacy:FreshMachine")]
    [InlineData("message-before-accept", "legacy:QueueUnwired")]
    [InlineData("late-attempt", "mutant:stale-attempt-accepted")]
    public void A_page_begins_with_what_happens_and_what_a_user_sees_and_its_command_repeats_it(string scenario, string subject)
    {
        var report = Examined(scenario, subject);
        var text = MarkdownReport.Write(report);
        var violation = report.Scenarios[0].Green.Violation!.Split('\n')[0];
        Assert.StartsWith(violation, text, StringComparison.Ordinal);
        Assert.Matches(@"^ (The user at client \d+|Of \d+ users) .+\.\n", text[violation.Length..].Split('\n')[0] + "\n");
        var (code, output) = RunLine(CommandIn().Match(text).Groups[1].Value);
        Assert.Equal(2, code);
        Assert.Contains($"violated: {report.Scenarios[0].Green.Checker}: {violation}", output, StringComparison.Ordinal);
        Assert.DoesNotContain("Why", text, StringComparison.Ordinal);
        Assert.DoesNotContain("root cause", text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_log_of_a_page_is_whole_and_what_the_post_mortem_quotes_is_marked()
    {
        var report = Examined("incident", "legacy");
        var log = LogIn().Match(MarkdownReport.Write(report)).Groups[1].Value.TrimEnd('\n').Split('\n');
        var run = SubjectCatalog.Find("legacy").Replay(ScenarioCatalog.Lab.Find("incident"), Scheduling.Schedule.Parse(report.Scenarios[0].Green.Schedule!));
        Assert.Equal(run.Events.Where(static e => e.Kind == TraceKind.Logged).Select(PostMortem.Print), log);
        Assert.Equal(4, log.Count(static line => line.StartsWith(PostMortem.Mark, StringComparison.Ordinal)));
        Assert.Equal(6, log.Length);
    }

    [Fact]
    public void The_interleaving_is_a_table_that_has_the_step_of_the_violation()
    {
        var report = Examined("incident", "legacy:FreshMachine");
        var rows = MarkdownReport.Write(report).Split('\n').Where(static line => line.StartsWith("| ", StringComparison.Ordinal)).ToList();
        Assert.Equal("| step | time s | turn | who | what |", rows[0]);
        Assert.All(rows, static row => Assert.Equal(6, row.Replace(@"\|", "", StringComparison.Ordinal).Count(static c => c == '|')));
        var step = StepIn().Match(report.Scenarios[0].Green.Violation!).Groups[1].Value;
        Assert.Contains(rows, row => row.StartsWith($"| {step} |", StringComparison.Ordinal));
        Assert.InRange(rows.Count, 3, 60);
    }

    [Theory]
    [InlineData("legacy:FreshMachine", true)]
    [InlineData("mutant:stale-attempt-accepted", true)]
    [InlineData("legacy", false)]
    public void A_cause_is_told_only_where_it_is_known(string subject, bool isKnown)
    {
        var text = MarkdownReport.Write(Examined(subject.StartsWith("mutant", StringComparison.Ordinal) ? "late-attempt" : "incident", subject));
        Assert.Equal(isKnown, text.Contains("is made so on purpose", StringComparison.Ordinal));
        Assert.Equal(isKnown, text.Contains(".cs:", StringComparison.Ordinal));
    }

    [Fact]
    public void What_a_peer_wrote_does_not_become_markup()
    {
        var half = Examined("incident", "legacy:FreshMachine").Scenarios[0].Green with { ShrunkSchedule = null, FirstSchedule = null, Checker = "stays-inside", Violation = "<img src=x> @somebody #1 `a` | **b**\nsecond line" };
        var report = Examined("incident", "legacy:FreshMachine");
        var text = MarkdownReport.Write(report with { Scenarios = [report.Scenarios[0] with { Green = half }] });
        Assert.StartsWith("&#60;img src=x> &#64;somebody &#35;1 &#96;a&#96; | &#42;&#42;b&#42;&#42; What a user sees of it is not known", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_failing_share_becomes_revenue_at_risk_with_its_formula()
    {
        var report = Examined("incident", "legacy:FreshMachine");
        var text = MarkdownReport.Write(report with { Impact = Impact.Of(500_000, 2_000, report.Scenarios) });
        Assert.Contains("revenue at risk = ARR × failing share = $500,000 × 25.00 % = $125,000 a year; users affected = 2,000 × 25.00 % = 500, at $250.00 a user", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_race_it_says_what_was_examined()
    {
        var report = Build(new Verdict(ScenarioCatalog.Lab.Find("incident"), null, null, new Side("airlock", _green)), "airlock");
        var text = MarkdownReport.Write(report);
        Assert.StartsWith("No race to write about: airlock violates nothing in 1,000 schedules (20,000 steps) of 1 scenario.\n", text, StringComparison.Ordinal);
        Assert.Contains("| `incident` | 1,000 | all with up to 1 delay, and a sample |", text, StringComparison.Ordinal);
        Assert.DoesNotContain("has races", text, StringComparison.Ordinal);
        Assert.Null(MarkdownReport.CommandOf(report, "x.md"));
    }

    [Fact]
    public void What_a_red_half_must_show_is_no_race_to_file()
    {
        var scenario = ScenarioCatalog.Lab.Find("incident");
        var red = Examined("incident", "legacy:FreshMachine", side => new Verdict(scenario, side, new Side("legacy:None", _green), new Side("airlock", _green)));
        Assert.StartsWith("No race to write about: airlock violates nothing", MarkdownReport.Write(red), StringComparison.Ordinal);
        Assert.Null(MarkdownReport.CommandOf(red, "x.md"));
    }

    [Fact]
    public void A_verdict_that_does_not_hold_for_want_of_a_race_is_told()
    {
        var report = Build(new Verdict(ScenarioCatalog.Lab.Find("incident"), new Side("legacy:FreshMachine", _green), new Side("legacy:None", _green), new Side("airlock", _green)), null);
        Assert.Contains("- `incident`: legacy:FreshMachine no longer violates history-is-a-path", MarkdownReport.Write(report), StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_of_nothing_claims_nothing() =>
        Assert.StartsWith("No race to write about: nothing was run.", MarkdownReport.Write(ReportBuilder.Build(new RunResult(new Plan(), null, [], null, false, false, DateTimeOffset.UnixEpoch, TimeSpan.Zero), 1)), StringComparison.Ordinal);

    [Theory]
    [InlineData("issue.md")]
    [InlineData("with spaces, $HOME, `id`, 'one' and \"two\".md")]
    [InlineData("-dash.md")]
    public void The_line_that_files_an_issue_is_read_by_a_shell_as_it_was_meant(string path) =>
        Assert.Equal(
            ["issue", "create", "--title", "incident: legacy:FreshMachine violates expectation", "--label", "bug", "--body-file", path.StartsWith('-') ? $"./{path}" : path],
            Shell.Words(MarkdownReport.CommandOf(Examined("incident", "legacy:FreshMachine"), path)!));

    [Fact]
    public void Each_fault_of_the_legacy_model_has_words_and_lines()
    {
        foreach (var fault in SubjectCatalog.Names.Where(static name => name.StartsWith("legacy:", StringComparison.Ordinal) && name != SubjectCatalog.CleanLegacy))
        {
            var source = FaultSource.Of(fault)!;
            Assert.Contains(fault["legacy:".Length..], source.Summary, StringComparison.Ordinal);
            Assert.NotEmpty(source.Places);
            foreach (var place in source.Places.Select(static place => place.Split(':')))
            {
                Assert.Contains($"LegacyFault.{fault["legacy:".Length..]}", File.ReadAllLines(Repository.PathOf(place[0]))[int.Parse(place[1], System.Globalization.CultureInfo.InvariantCulture) - 1], StringComparison.Ordinal);
            }
        }

        Assert.Null(FaultSource.Of("airlock"));
        Assert.Null(FaultSource.Of(SubjectCatalog.CleanLegacy));
        Assert.Null(FaultSource.Of(SubjectCatalog.Legacy));
    }

    // A run of one subject in which one scenario is violated, first come, first served or in the first schedule that shows it.
    private static Report Examined(string name, string subject, Func<Side, Verdict>? judge = null)
    {
        var (scenario, examinee) = (ScenarioCatalog.Lab.Find(name), SubjectCatalog.Find(subject));
        var schedule = examinee.FindRace(scenario, new Plan { StepsPerScenario = 4 }, TestContext.Current.CancellationToken).First!.Schedule;
        var first = new FoundRace(schedule, examinee.Replay(scenario, schedule).Violations, 3, "random");
        var side = new Side(subject, new Exploration { Schedules = 200, Violating = 50, First = first }) { Shrunk = schedule };
        return judge is null ? Build(new Verdict(scenario, null, null, side), subject) : Build(judge(side), null);
    }

    private static Report Build(Verdict verdict, string? subject) => ReportBuilder.Build(new RunResult(new Plan(), subject, [verdict], null, false, false, DateTimeOffset.UnixEpoch, TimeSpan.Zero), 0);

    private static (int Code, string Output) RunLine(string line)
    {
        using var output = new StringWriter();
        return (CommandLine.Run(Shell.Words(line), new LabConsole(output, output, false, CancellationToken.None)), output.ToString());
    }

    [GeneratedRegex(@"```sh\n(airlock-lab replay .*)\n```")]
    private static partial Regex CommandIn();

    [GeneratedRegex(@"```text\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex LogIn();

    [GeneratedRegex(@"\bstep (\d+)")]
    private static partial Regex StepIn();
}
