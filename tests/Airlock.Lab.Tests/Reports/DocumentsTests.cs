using System.Text.RegularExpressions;
using Airlock.Lab.Commands;
using Airlock.Lab.Reports;
using Airlock.Lab.Running;
using Airlock.Lab.Scheduling;

namespace Airlock.Lab.Tests.Reports;

/// <summary>The documents that quote code, runs and verdicts say what is so now.</summary>
public sealed partial class DocumentsTests
{
    [Fact]
    public void The_test_plan_names_every_scenario_and_only_scenarios()
    {
        var plan = Repository.Read("docs/test-plan.md");
        Assert.All(ScenarioCatalog.Lab.All, scenario => Assert.Contains($"| `{scenario.Name}` | {scenario.Claim} | `{scenario.Invariant.Name}` |", plan, StringComparison.Ordinal));
        Assert.All(TestPlan.Named, static name => Assert.Contains(ScenarioCatalog.Lab.All, scenario => scenario.Name == name));
    }

    [Fact]
    public void Code_in_the_guide_to_the_lab_is_the_code_that_is_built()
    {
        var quoted = FileQuote().Matches(Repository.Read("docs/lab.md"));
        Assert.Equal(3, quoted.Count);
        Assert.All(quoted, static quote => Assert.Equal(Repository.Read(quote.Groups[1].Value), quote.Groups[2].Value));
    }

    [Theory]
    [InlineData("docs/incident.md", 3)]
    [InlineData("docs/lab.md", 1)]
    public void What_a_document_quotes_of_a_replay_is_what_a_replay_prints(string document, int least)
    {
        var quotes = ReplayQuote().Matches(Repository.Read(document));
        Assert.True(quotes.Count >= least);
        Assert.All(quotes, static quote =>
        {
            using var output = new StringWriter();
            CommandLine.Run(quote.Groups[1].Value.Split(' '), new LabConsole(output, output, false, CancellationToken.None));
            var printed = output.ToString().ReplaceLineEndings("\n");
            var at = 0;
            foreach (var line in quote.Groups[2].Value.TrimEnd('\n').Split('\n').Where(static line => line.Trim() != "…"))
            {
                at = printed.IndexOf(line, at, StringComparison.Ordinal);
                Assert.True(at >= 0, $"'{quote.Groups[1].Value}' does not print, at its place: {line}\nIt prints:\n{printed}");
            }
        });
    }

    [Fact]
    public void The_pictures_of_the_incident_are_drawn_from_a_run_of_now()
    {
        var pictures = PictureQuote().Matches(Repository.Read("docs/incident.md"));
        Assert.True(pictures.Count >= 3);
        Assert.All(pictures, static picture =>
        {
            var (scenario, subject, schedule) = (picture.Groups[1].Value, picture.Groups[2].Value, picture.Groups[3].Value);
            var run = SubjectCatalog.Find(subject).Replay(ScenarioCatalog.Lab.Find(scenario), Schedule.Parse(schedule));
            Assert.True(
                Repository.Read($"docs/{picture.Groups[4].Value}") == SequenceDiagram.Write(run, $"{scenario} on {subject}, schedule {schedule}"),
                $"docs/{picture.Groups[4].Value} is out of date: airlock-lab replay {scenario} --subject {subject} --schedule {schedule} --svg docs/{picture.Groups[4].Value}");
        });
    }

    [GeneratedRegex(@"<!-- file: (\S+) -->\n```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex FileQuote();

    [GeneratedRegex(@"<!-- output: (.+?) -->\n```text\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex ReplayQuote();

    [GeneratedRegex(@"<!-- picture: (\S+) (\S+) (\S+) -->\n!\[[^\]]*\]\(([^)]+)\)")]
    private static partial Regex PictureQuote();
}
