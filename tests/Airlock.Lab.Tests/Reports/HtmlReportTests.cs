using Airlock.Lab.Reports;
using Airlock.Lab.Running;
using Airlock.Lab.Scheduling;
using Airlock.Lab.Subjects.Production;
using Airlock.Lab.Tests.Running;

namespace Airlock.Lab.Tests.Reports;

public sealed class HtmlReportTests
{
    private static readonly Exploration _green = new() { Schedules = 1_000, Steps = 20_000, Repeated = 10, IsExhausted = true };
    private static readonly Verdict _incident = new(ScenarioCatalog.Lab.Find("incident"), Race("legacy:FreshMachine"), new Side("legacy:None", _green), new Side("airlock", _green));

    [Fact]
    public void A_report_shows_the_race_beside_what_the_driver_did_and_how_to_repeat_both()
    {
        var html = HtmlReport.Write(Build(0, _incident));
        Assert.Contains("The verdict holds", html, StringComparison.Ordinal);
        Assert.Equal(2, html.Split("<svg ").Length - 1);
        Assert.Contains("airlock-lab replay incident --subject legacy:FreshMachine --schedule -", html, StringComparison.Ordinal);
        Assert.Contains("airlock-lab replay incident --subject airlock --schedule ", html, StringComparison.Ordinal);
        Assert.Contains("all there are", html, StringComparison.Ordinal);
    }

    [Fact]
    public void A_report_is_one_file_that_fetches_nothing()
    {
        var html = HtmlReport.Write(Build(0, _incident));
        Assert.DoesNotContain("src=", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<link", html, StringComparison.Ordinal);
        Assert.DoesNotContain("url(", html, StringComparison.Ordinal);
        Assert.DoesNotContain("http", html.Replace("http://www.w3.org/2000/svg", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void What_does_not_hold_is_the_headline_and_lies_open()
    {
        var html = HtmlReport.Write(Build(2, _incident with { Green = Race("airlock") }, _incident));
        Assert.Contains("<header class=\"bad\">", html, StringComparison.Ordinal);
        Assert.Contains("2 verdicts do", HtmlReport.Headline(Build(2, Broken(), Broken())), StringComparison.Ordinal);
        Assert.Contains("id=\"s-second\" open>", HtmlReport.Write(Build(2, Broken())), StringComparison.Ordinal);
    }

    [Fact]
    public void Coverage_is_a_map_of_states_and_events_with_what_was_never_met()
    {
        var html = HtmlReport.Write(Build(0, _incident));
        Assert.Contains("<th scope=\"row\">HelloReceived</th>", html, StringComparison.Ordinal);
        Assert.Contains("ProcessingReady never met DrainRequested", html, StringComparison.Ordinal);
        Assert.Equal(210, html.Split("<td class=\"").Count(static cell => cell.StartsWith("h0\"", StringComparison.Ordinal) || cell.StartsWith("no\"", StringComparison.Ordinal)));
    }

    [Fact]
    public void Text_from_a_trace_stays_text() =>
        Assert.DoesNotContain("<count>", HtmlReport.Write(Build(2, Broken())), StringComparison.Ordinal);

    private static Verdict Broken() => new(new PlantedScenario(name: "second"), Race("legacy:SecondMachine"), new Side("legacy:None", _green), Race("airlock"));

    private static Side Race(string subject) => new(subject, new Exploration { Schedules = 200, Violating = 50, First = new FoundRace(new Schedule([]), [new Violation("history-is-a-path", "A <count> is wrong.")], 4, "random") }) { Shrunk = new Schedule([]) };

    private static Report Build(int exitCode, params Verdict[] verdicts) => ReportBuilder.Build(
        new RunResult(new Plan { Seed = 7 }, null, verdicts, new CoverageReview(new Coverage(), [.. UnreachablePairs.All.Keys]), true, false, DateTimeOffset.UnixEpoch, TimeSpan.FromSeconds(3)), exitCode);
}
