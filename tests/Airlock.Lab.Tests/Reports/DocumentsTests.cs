using System.Text.RegularExpressions;
using Airlock.Lab.Commands;
using Airlock.Lab.Reports;
using Airlock.Lab.Running;
using Airlock.Lab.Scheduling;
using Airlock.Lab.Subjects.Legacy;
using Airlock.Lab.Traces;

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
    public void The_incident_tells_whose_each_fault_is()
    {
        var incident = Repository.Read("docs/incident.md");
        Assert.Contains($"\n\n{FaultTable.Write()}\n", incident, StringComparison.Ordinal);
        Assert.Contains($"and {FaultTable.Faults.Count} faults that can be switched on one by one. {FaultTable.Faults.Count(static fault => OriginAttribute.Of(fault).Origin == FaultOrigin.Endpoint)} of them were the endpoint's;", incident.ReplaceLineEndings(" "), StringComparison.Ordinal);
    }

    [Fact]
    public void The_incident_tells_what_is_missing_without_each_fault_of_the_headline() => Assert.Contains($"\n\n{Headline()}\n", Repository.Read("docs/incident.md"), StringComparison.Ordinal);

    // Each choice of the three faults, one connection, first come, first served.
    private static string Headline()
    {
        LegacyFault[] three = [LegacyFault.FreshMachine, LegacyFault.IgnoredTransitions, LegacyFault.SilentReturn];
        return string.Concat(Enumerable.Range(0, 8).Select(part => three.Where((_, i) => (part & (1 << i)) != 0).Aggregate(LegacyFault.None, static (all, fault) => all | fault)).OrderBy(static faults => int.PopCount((int)faults)).Select(static faults =>
        {
            var events = SubjectCatalog.Find($"legacy:{LegacySubject.NameOf(faults)}").Replay(ScenarioCatalog.Lab.Find("incident"), Schedule.Parse("-")).Events;
            var lines = PostMortem.LinesOf(events, "c1");
            var end = events.Where(static e => e.Kind == TraceKind.ClientClosed).Select(static e => $"{e.Number}{(e.Name is { Length: > 0 } cause ? $" `{cause}`" : ", no cause")}").SingleOrDefault("none, it waits for ever");
            return $"| `{LegacySubject.NameOf(faults)}` | {(lines.Count == 0 ? "none" : string.Join(", ", lines))} | {(events.Any(static e => e.Kind == TraceKind.ClientReady) ? "yes" : "no")} | {(events.Any(static e => e.Kind == TraceKind.ClientAnswered) ? "yes" : "no")} | {end} |\n";
        }).Prepend("| faults | lines of the post-mortem | told ready | answered | the client's end |\n|---|---|---|---|---|\n"));
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
