using System.Globalization;
using System.Xml.Linq;
using Airlock.Lab.Wire;

namespace Airlock.Lab.Reports;

/// <summary>A report as JUnit XML: a test for each half of a scenario, the failure that is expected of its red half among them, and one for the coverage of the transition table where it is judged.</summary>
internal static class JUnitReport
{
    /// <summary>Writes a report.</summary>
    /// <param name="report">The report.</param>
    public static string Write(Report report)
    {
        var suites = report.SuiteResults.Select(suite => Suite(suite.Name, [.. report.Scenarios.Where(scenario => scenario.Suite == suite.Name).SelectMany(TestsOf)])).ToList();
        if (report.Coverage is { Judged: true } coverage)
        {
            suites.Add(Suite("coverage", [Coverage(coverage)]));
        }

        if (report.NotApplicable is { Count: > 0 } left)
        {
            suites.Add(Suite("not applicable", [.. left.Select(TestOf)]));
        }

        if (report.Wire is { } wire)
        {
            suites.Add(Suite("wire", [.. wire.Scenarios.SelectMany(TestsOf)]));
        }

        var root = new XElement("testsuites", new XAttribute("name", $"airlock-lab {report.RunId}"), Counts([.. suites.Elements("testcase")]), suites);
        return $"<?xml version=\"1.0\" encoding=\"utf-8\"?>\n{root}\n";
    }

    private static XElement Suite(string name, IReadOnlyList<XElement> tests) => new("testsuite", new XAttribute("name", name), Counts(tests), tests);

    private static XAttribute[] Counts(IReadOnlyList<XElement> tests) =>
    [
        new XAttribute("tests", tests.Count),
        new XAttribute("failures", tests.Elements("failure").Count()),
        new XAttribute("errors", tests.Elements("error").Count()),
        new XAttribute("skipped", tests.Elements("skipped").Count()),
        new XAttribute("time", tests.Sum(static test => double.Parse(test.Attribute("time")!.Value, CultureInfo.InvariantCulture)).ToString("0.000", CultureInfo.InvariantCulture)),
    ];

    // What is expected to fail is a test that passes when it does: a red half that is not red any more must be seen in a list of tests.
    private static IEnumerable<XElement> TestsOf(ScenarioResult scenario)
    {
        if (scenario.Red is { } red)
        {
            yield return TestOf(scenario, red, $"{scenario.Name}: {red.Subject} violates {scenario.Invariant}");
        }

        if (scenario.Clean is { } clean)
        {
            yield return TestOf(scenario, clean, $"{scenario.Name}: {clean.Subject} violates nothing");
        }

        yield return TestOf(scenario, scenario.Green, $"{scenario.Name}: {scenario.Green.Subject} violates nothing");
        if (scenario.Locks is { } locks)
        {
            yield return TestOf(scenario, locks, $"{scenario.Name}: {locks.Subject} violates nothing");
        }
    }

    private static XElement TestOf(ScenarioResult scenario, HalfResult half, string name)
    {
        var test = Test(name, $"airlock-lab.{scenario.Suite}", half.DurationSeconds);
        if (half.Error is { } error)
        {
            test.Add(new XElement("error", new XAttribute("message", Clean(error)), Clean(error)));
        }
        else if (half.Problem is { } problem)
        {
            var replay = half.Schedule is { } schedule ? ShellText.Replay(scenario.Name, half.Subject, schedule) : "";
            test.Add(new XElement("failure", new XAttribute("message", Clean(problem)), Clean($"{problem}\n{half.Violation}\n{replay}".TrimEnd())));
        }

        return test;
    }

    private static IEnumerable<XElement> TestsOf(WireResult result)
    {
        foreach (var red in result.Halves.Where(static half => half is { Role: "red", Error: null }))
        {
            var test = Test($"{result.Name}: {red.Subject} violates {result.Invariant}", "airlock-lab.wire", red.DurationSeconds);
            if (!red.Violations.Any(violation => violation.Checker == result.Invariant))
            {
                test.Add(new XElement("failure", new XAttribute("message", Clean($"{red.Subject} no longer violates {result.Invariant}."))));
            }

            yield return test;
        }

        yield return TestOf(result);
    }

    private static XElement TestOf(WireResult result)
    {
        var test = Test(result.Name, "airlock-lab.wire", result.Halves.Sum(static half => half.DurationSeconds));
        if (result.Verdict != "holds")
        {
            test.Add(new XElement(
                result.Verdict switch { "skipped" => "skipped", "error" => "error", _ => "failure" },
                new XAttribute("message", Clean(result.Problems.Count > 0 ? result.Problems[0] : result.Verdict)),
                Clean(string.Join('\n', result.Problems))));
        }

        return test;
    }

    private static XElement TestOf(NotApplicableResult left)
    {
        var test = Test(left.Name, $"airlock-lab.{left.Suite}", 0);
        test.Add(new XElement("skipped", new XAttribute("message", $"Not applicable: the subject has no {left.Lacks}.")));
        return test;
    }

    private static XElement Coverage(CoverageResult coverage)
    {
        var test = Test("transition-table", "airlock-lab.coverage", 0);
        if (coverage.NotReached.Count + coverage.WronglyListedAsImpossible.Count > 0)
        {
            test.Add(new XElement(
                "failure",
                new XAttribute("message", $"{coverage.Reached} of {coverage.Possible} pairs were reached."),
                $"not reached: {string.Join(", ", coverage.NotReached)}\nreached though listed as impossible: {string.Join(", ", coverage.WronglyListedAsImpossible)}"));
        }

        return test;
    }

    private static XElement Test(string name, string group, double seconds) =>
        new("testcase", new XAttribute("name", name), new XAttribute("classname", group), new XAttribute("time", seconds.ToString("0.000", CultureInfo.InvariantCulture)));

    // A message may quote what a peer sent; XML cannot hold every character.
    private static string Clean(string text) => string.Concat(text.Select(static c => System.Xml.XmlConvert.IsXmlChar(c) ? c : '?'));
}
