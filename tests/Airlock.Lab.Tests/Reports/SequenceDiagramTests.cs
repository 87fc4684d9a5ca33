using System.Xml.Linq;
using Airlock.Lab.Reports;
using Airlock.Lab.Running;
using Airlock.Lab.Scheduling;
using Airlock.Lab.Traces;

namespace Airlock.Lab.Tests.Reports;

public sealed class SequenceDiagramTests
{
    private static readonly Replayed _incident = SubjectCatalog.Find("legacy").Replay(ScenarioCatalog.Lab.Find("incident"), new Schedule([]));

    [Fact]
    public void A_party_has_a_lane_and_a_refusal_is_red()
    {
        var svg = Parse(SequenceDiagram.Write(_incident, "The incident"));
        var texts = Texts(svg);
        Assert.Contains("client 1", texts);
        Assert.Contains("server c1", texts);
        Assert.Contains(svg.Descendants(Name("g")), static g => g.Attribute("class")!.Value == "red" && g.Value.Contains("✗ SERVICES_READY", StringComparison.Ordinal));
        Assert.Contains("time s", texts);
    }

    [Fact]
    public void What_a_checker_objects_to_is_marked_and_written_below()
    {
        var svg = Parse(SequenceDiagram.Write(_incident, "The incident"));
        Assert.Contains(svg.Descendants(Name("rect")), static rect => rect.Attribute("class")?.Value == "band");
        Assert.Contains(_incident.Violations[0].Checker, string.Concat(Texts(svg)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_picture_needs_nothing_from_elsewhere_and_has_both_schemes()
    {
        var text = SequenceDiagram.Write(_incident, "The incident");
        Assert.DoesNotContain("http", text.Replace("http://www.w3.org/2000/svg", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains("prefers-color-scheme:dark", text, StringComparison.Ordinal);
        Assert.DoesNotContain("<style>", SequenceDiagram.Write(_incident, "The incident", hasStyle: false), StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_run_gives_the_same_picture() =>
        Assert.Equal(SequenceDiagram.Write(_incident, "x"), SequenceDiagram.Write(SubjectCatalog.Find("legacy").Replay(ScenarioCatalog.Lab.Find("incident"), new Schedule([])), "x"));

    [Fact]
    public void A_long_trace_keeps_what_is_wrong_and_says_what_it_leaves_out()
    {
        var events = Enumerable.Range(1, 400).Select(static step => new TraceEvent(step == 250 ? TraceKind.MoveRefused : TraceKind.HandlingBegan, "c1") { Step = step, At = TimeSpan.FromMilliseconds(step), Name = $"m{step}", From = "A", To = step == 250 ? "WRONG" : "s", Actor = "server c1" }).ToList();
        var svg = Parse(SequenceDiagram.Write(new Replayed([], events, [new Violation("history-is-a-path", "At step 250 it goes wrong.")]), "long"));
        var texts = Texts(svg);
        Assert.Contains("✗ WRONG", texts);
        Assert.Contains(texts, static text => text.Contains("events left out, steps", StringComparison.Ordinal));
        Assert.True(svg.Descendants(Name("g")).Count() < 70);
    }

    [Fact]
    public void Many_parties_are_cut_down_to_those_that_matter()
    {
        var events = Enumerable.Range(1, 9).SelectMany(static i => new[]
        {
            new TraceEvent(TraceKind.ClientReady, $"c{i}") { Step = i, Actor = $"client {i}" },
            new TraceEvent(TraceKind.MachineMade, $"c{i}") { Step = i, Actor = $"server c{i}", Name = "id", To = "CONNECTING" },
        }).ToList();
        var texts = Texts(Parse(SequenceDiagram.Write(new Replayed([], events, [new Violation("one-machine", "Connection c8 has machine id, and at step 8 gets another one.")]), "wide")));
        Assert.Contains("server c8", texts);
        Assert.DoesNotContain("server c9", texts);
        Assert.Contains(texts, static text => text.StartsWith("Not drawn: ", StringComparison.Ordinal));
    }

    [Fact]
    public void What_a_peer_sent_cannot_break_the_picture()
    {
        var svg = Parse(SequenceDiagram.Write(new Replayed([], [new TraceEvent(TraceKind.Logged, "c1") { Step = 1, Actor = "server c1", Name = "Info", To = "</svg><script>\u0001" }], []), "<b>"));
        Assert.Empty(svg.Descendants(Name("script")));
        Assert.Contains(Texts(svg), static text => text.Contains("<script>?", StringComparison.Ordinal));
    }

    private static XElement Parse(string svg) => XDocument.Parse(svg).Root!;

    private static List<string> Texts(XElement svg) => [.. svg.Descendants(Name("text")).Select(static text => text.Value)];

    private static XName Name(string name) => XName.Get(name, "http://www.w3.org/2000/svg");
}
