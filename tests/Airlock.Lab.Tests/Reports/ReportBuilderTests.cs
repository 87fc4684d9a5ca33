using System.Text.Json;
using System.Xml.Linq;
using Airlock.Lab.Reports;
using Airlock.Lab.Running;
using Airlock.Lab.Scheduling;
using Airlock.Lab.Subjects.Production;
using Airlock.Lab.Tests.Running;

namespace Airlock.Lab.Tests.Reports;

public sealed class ReportBuilderTests
{
    private static readonly Exploration _green = new() { Schedules = 1_000, Steps = 20_000, Repeated = 10, IsExhausted = true };
    private static readonly Exploration _red = new() { Schedules = 200, Violating = 50, First = new FoundRace(Schedule.Parse("1.0.2"), [new Violation("expectation", "A <count> is \u0001lost.")], 4, "random") };
    private static readonly Verdict _holds = new(new PlantedScenario(name: "first"), Red("legacy:SecondMachine"), new Side("legacy:None", _green), new Side("airlock", _green)) { Duration = TimeSpan.FromSeconds(2) };
    private static readonly Verdict _fails = new(new PlantedScenario(name: "second"), Red("legacy:SecondMachine"), new Side("legacy:None", _green), Red("airlock"));
    private static readonly Verdict _breaks = new(new PlantedScenario(name: "third"), new Side("mutant:x", _green with { Error = "It does not fit." }), null, new Side("airlock", _green));

    [Fact]
    public void The_four_sections_of_the_first_runner_come_first_with_its_fields_first()
    {
        using var json = JsonDocument.Parse(JsonReport.Write(Build([_holds, _fails, _breaks])));
        Assert.Equal(["summary", "race_condition_status", "suite_results", "recommendations", "run_id"], Names(json.RootElement).Take(5));
        Assert.Equal(
            ["total_duration_seconds", "total_test_suites", "total_tests", "total_race_conditions_detected", "total_race_conditions_fixed", "total_unexpected_errors"],
            Names(json.RootElement.GetProperty("summary")).Take(6));
        Assert.Equal(["reproduced_successfully", "appear_fixed", "total_identified"], Names(json.RootElement.GetProperty("race_condition_status")));
        Assert.Equal(
            ["name", "file", "race_conditions_detected", "race_conditions_fixed", "unexpected_errors", "duration"],
            Names(json.RootElement.GetProperty("suite_results")[0]).Take(6));
    }

    [Fact]
    public void The_numbers_tell_what_was_reproduced_and_what_is_absent()
    {
        var report = Build([_holds, _fails, _breaks]);
        Assert.Equal((3, 2, 2, 1), (report.Summary.TotalTests, report.Summary.TotalRaceConditionsDetected, report.Summary.TotalRaceConditionsFixed, report.Summary.TotalUnexpectedErrors));
        Assert.Equal(["holds", "fails", "error"], report.Scenarios.Select(static scenario => scenario.Verdict));
        Assert.Equal((1_000 + 200 + 1_000, 50), (report.Summary.GreenSchedules, report.Summary.GreenViolations));
        Assert.Equal("airlock-lab replay second --subject airlock --schedule 1", report.Scenarios[1].Replay);
        Assert.Equal("airlock-lab replay first --subject legacy:SecondMachine --schedule 1", report.Scenarios[0].Replay);
        Assert.Equal(("neighbours", "MEDIUM", "Planted", 4, 0.25), (report.Scenarios[0].Suite, report.Scenarios[0].Difficulty, report.Scenarios[0].Category, report.Scenarios[0].Red!.FirstViolating, report.Scenarios[0].Red!.Share));
        Assert.Contains(report.Recommendations, static line => line.Contains("second", StringComparison.Ordinal) && line.Contains("has races", StringComparison.Ordinal));
        Assert.Contains(report.Recommendations, static line => line.Contains("third", StringComparison.Ordinal));
    }

    [Fact]
    public void A_run_in_which_all_holds_recommends_nothing_to_do() =>
        Assert.EndsWith("Nothing to do.", Assert.Single(Build([_holds]).Recommendations), StringComparison.Ordinal);

    [Fact]
    public void A_run_of_nothing_claims_nothing() =>
        Assert.Equal("Nothing was run: nothing can be said.", Assert.Single(Build([]).Recommendations));

    [Fact]
    public void A_report_survives_being_written_and_read()
    {
        var text = JsonReport.Write(Build([_holds, _fails, _breaks]));
        Assert.Equal(text, JsonReport.Write(JsonReport.Parse(text)));
    }

    [Fact]
    public void JUnit_has_each_half_as_a_test_and_an_expected_failure_as_one_of_its_own()
    {
        var root = XDocument.Parse(JUnitReport.Write(Build([_holds, _fails, _breaks]))).Root!;
        Assert.Equal(("8", "1", "1"), (root.Attribute("tests")!.Value, root.Attribute("failures")!.Value, root.Attribute("errors")!.Value));
        Assert.Equal(
            [
                ("first: legacy:SecondMachine violates expectation", null),
                ("first: legacy:None violates nothing", null),
                ("first: airlock violates nothing", null),
                ("second: legacy:SecondMachine violates expectation", null),
                ("second: legacy:None violates nothing", null),
                ("second: airlock violates nothing", "failure"),
                ("third: mutant:x violates expectation", "error"),
                ("third: airlock violates nothing", null),
            ],
            root.Descendants("testcase").Select(static test => (test.Attribute("name")!.Value, test.Elements().SingleOrDefault()?.Name.LocalName)));
        Assert.Contains("A <count> is ?lost.", root.Descendants("failure").Single().Value, StringComparison.Ordinal);
        Assert.Contains("airlock-lab replay second --subject airlock --schedule 1", root.Descendants("failure").Single().Value, StringComparison.Ordinal);
    }

    [Fact]
    public void A_red_half_that_is_not_red_is_a_failed_test_of_its_own()
    {
        var pale = new Verdict(new PlantedScenario(name: "pale"), new Side("legacy:SecondMachine", _green), null, new Side("airlock", _green));
        var failed = XDocument.Parse(JUnitReport.Write(Build([pale]))).Root!.Descendants("testcase").Where(static test => test.Element("failure") is not null);
        Assert.Equal("pale: legacy:SecondMachine violates expectation", Assert.Single(failed).Attribute("name")!.Value);
    }

    [Fact]
    public void What_only_one_of_two_runs_had_is_compared_with_nothing()
    {
        var comparison = Comparison.Of(Build([_holds, _fails, _breaks]), Build([_holds, _breaks, _fails with { Scenario = new PlantedScenario(name: "fourth") }]).Scenarios);
        Assert.Empty(comparison.New);
        Assert.Empty(comparison.Fixed);
        Assert.Equal(["third"], comparison.Persisting);
        Assert.Equal(["fourth", "second"], comparison.NotCompared);
    }

    [Fact]
    public void Runs_that_asked_something_else_are_not_compared()
    {
        var report = Build([_holds]);
        Assert.Null(Comparison.ProblemOf(report, null, new Plan(), ["first"]));
        Assert.Contains("its subject was both halves, and is airlock now", Comparison.ProblemOf(report, "airlock", new Plan(), ["first"]), StringComparison.Ordinal);
        Assert.Contains("its seed was 1, and is 2 now", Comparison.ProblemOf(report, null, new Plan { Seed = 2 }, ["first"]), StringComparison.Ordinal);
        Assert.Contains("its budget for each scenario was 100,000 steps, and is 8 schedules now", Comparison.ProblemOf(report, null, new Plan { Schedules = 8 }, ["first"]), StringComparison.Ordinal);
        Assert.Contains("its choice of strategies was delay, pct2, pct3, random, and is random now", Comparison.ProblemOf(report, null, new Plan { Strategies = [StrategyKind.Random] }, ["first"]), StringComparison.Ordinal);
        Assert.Contains("it has none of these scenarios", Comparison.ProblemOf(report, null, new Plan(), ["second"]), StringComparison.Ordinal);
        Assert.Contains("It was: airlock-lab run --steps 100000 --seed 1", Comparison.ProblemOf(report, "airlock", new Plan(), ["first"]), StringComparison.Ordinal);
    }

    [Fact]
    public void A_report_tells_the_command_that_asks_for_the_same_run()
    {
        Assert.Equal("airlock-lab run --steps 100000 --seed 1", Build([_holds]).Command);
        var some = new RunResult(new Plan { Schedules = 8, Seed = 7, Strategies = [StrategyKind.Random, StrategyKind.Pct2] }, "legacy:SecondMachine", [_holds], null, false, false, DateTimeOffset.UnixEpoch, TimeSpan.Zero) { Scenarios = ["first", "second"] };
        var report = ReportBuilder.Build(some, 0);
        Assert.Equal("airlock-lab run --scenario first second --subject legacy:SecondMachine --strategy random pct2 --schedules 8 --seed 7", report.Command);
        Assert.Contains($"<code tabindex=\"0\">{report.Command}</code>", HtmlReport.Write(report), StringComparison.Ordinal);
        Assert.Contains("--seconds 1.5 ", ReportBuilder.Build(some with { Plan = new Plan { Time = TimeSpan.FromSeconds(1.5) } }, 0).Command, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_pair_of_the_transition_table_is_a_failed_test()
    {
        var run = Result([_holds]) with { Coverage = new CoverageReview(new Coverage(), []), IsCoverageJudged = true };
        Assert.False(run.Holds);
        Assert.Equal("1", XDocument.Parse(JUnitReport.Write(ReportBuilder.Build(run, 2))).Root!.Attribute("failures")!.Value);
    }

    private static Side Red(string subject) => new(subject, _red) { Shrunk = Schedule.Parse("1") };

    private static Report Build(IReadOnlyList<Verdict> verdicts) => ReportBuilder.Build(Result(verdicts), 0);

    private static RunResult Result(IReadOnlyList<Verdict> verdicts) => new(new Plan(), null, verdicts, null, false, false, DateTimeOffset.UnixEpoch, TimeSpan.FromSeconds(3));

    private static IEnumerable<string> Names(JsonElement element) => element.EnumerateObject().Select(static property => property.Name);
}
