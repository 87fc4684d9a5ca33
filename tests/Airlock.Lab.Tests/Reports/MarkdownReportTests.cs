using System.Text.RegularExpressions;
using Airlock.Lab.Reports;
using Airlock.Lab.Running;
using Airlock.Lab.Scheduling;

namespace Airlock.Lab.Tests.Reports;

public sealed partial class MarkdownReportTests
{
    private static readonly Exploration _green = new() { Schedules = 1_000, Steps = 20_000 };

    [Theory]
    [InlineData("incident", "legacy:FreshMachine", "lab/Airlock.Lab/Subjects/Legacy/LegacyEndpoint")]
    [InlineData("message-before-accept", "legacy:QueueUnwired", "lab/Airlock.Lab/Subjects/Legacy/")]
    [InlineData("late-attempt", "mutant:stale-attempt-accepted", "src/Airlock.Core/Session/SessionCore.cs:")]
    public void Each_of_five_whys_cites_steps_that_the_trace_has(string scenario, string subject, string place)
    {
        var report = Build(scenario, subject);
        var text = MarkdownReport.Write(report);
        var steps = SubjectCatalog.Find(subject).Replay(ScenarioCatalog.Lab.Find(scenario), Schedule.Parse(report.Scenarios[0].Red!.ShrunkSchedule!)).Steps.Count;
        var whys = text.Split("**Why ")[1..];
        Assert.Equal(5, whys.Length);
        foreach (var why in whys.Select(static why => why.Split("\n## ")[0]))
        {
            var cited = StepIn().Matches(why);
            Assert.True(cited.Count > 0, $"No step is cited: {why}");
            Assert.All(cited, step => Assert.InRange(int.Parse(step.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture), 0, Math.Max(steps, 1) * 4));
        }

        Assert.Contains(place, text, StringComparison.Ordinal);
        foreach (var section in (string[])["**Labels:**", "**Priority:**", "## Affected files", "## Log evidence", "## Proposed solution", "## Test strategy", "## Acceptance criteria", "## Impact"])
        {
            Assert.Contains(section, text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_failing_share_becomes_revenue_at_risk_with_its_formula()
    {
        var report = Build("incident", "legacy:FreshMachine");
        var text = MarkdownReport.Write(report with { Impact = Impact.Of(500_000, 2_000, report.Scenarios) });
        Assert.Contains("revenue at risk = ARR × failing share = $500,000 × 25.00 % = $125,000 a year; users affected = 2,000 × 25.00 % = 500, at $250.00 a user", text, StringComparison.Ordinal);
        Assert.Contains("airlock: revenue at risk = ARR × failing share = $500,000 × 0.00 % = $0 a year", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_race_there_is_no_issue_to_write()
    {
        var report = ReportBuilder.Build(new RunResult(new Plan(), "airlock", [new Verdict(ScenarioCatalog.Lab.Find("incident"), null, null, new Side("airlock", _green))], null, false, false, DateTimeOffset.UnixEpoch, TimeSpan.Zero), 0);
        Assert.Contains("No race to write about", MarkdownReport.Write(report), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_file_that_a_violation_points_to_exists()
    {
        foreach (var checker in Lab.Checkers.AllCheckers.List)
        {
            Assert.All(MarkdownReport.PlacesOf(checker.Name), static place => Assert.True(File.Exists(Repository.PathOf(place)), place));
        }
    }

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
    }

    private static Report Build(string name, string subject)
    {
        var scenario = ScenarioCatalog.Lab.Find(name);
        var examinee = SubjectCatalog.Find(subject);
        var first = examinee.FindRace(scenario, new Plan { StepsPerScenario = 4 }, TestContext.Current.CancellationToken).First!;
        var red = new Side(subject, new Exploration { Schedules = 200, Violating = 50, First = first }) { Shrunk = first.Schedule };
        return ReportBuilder.Build(new RunResult(new Plan(), null, [new Verdict(scenario, red, null, new Side("airlock", _green))], null, false, false, DateTimeOffset.UnixEpoch, TimeSpan.Zero), 0);
    }

    [GeneratedRegex(@"\bstep (\d+)")]
    private static partial Regex StepIn();
}
