using System.Text;
using System.Text.Json;
using Airlock.Server.Agent;

namespace Airlock.Server.Tests.Agent;

public class AgentEventTests
{
    private const string Stamp = "\"run_id\":\"r1\",\"agent_name\":\"ann\",\"timestamp\":\"2026-06-01T12:00:00+00:00\"";

    private static readonly (AgentEvent Happened, string Json)[] s_shapes =
    [
        (new AgentStarted(), $$"""{"type":"agent_started",{{Stamp}}}"""),
        (new AgentThinking("hm"), $$"""{"type":"agent_thinking",{{Stamp}},"text":"hm"}"""),
        (new ToolExecuting("t", "tool-1"), $$"""{"type":"tool_executing",{{Stamp}},"tool":"t","call_id":"tool-1"}"""),
        (
            new ToolCompleted("t", "tool-1", true, "3 rows"),
            $$"""{"type":"tool_completed",{{Stamp}},"tool":"t","call_id":"tool-1","ok":true,"summary":"3 rows"}"""),
        (new AnswerDelta("a"), $$"""{"type":"answer_delta",{{Stamp}},"text":"a"}"""),
        (new AgentCompleted("a", 2), $$"""{"type":"agent_completed",{{Stamp}},"text":"a","tool_count":2}"""),
        (
            new AgentError("internal", "It failed.", "Try again."),
            $$"""{"type":"agent_error",{{Stamp}},"cause":"internal","message":"It failed.","action":"Try again."}"""),
    ];

    [Fact]
    public void Each_event_has_its_json_shape() => Assert.All(s_shapes, shape =>
    {
        var stamped = shape.Happened with { RunId = "r1", AgentName = "ann", Timestamp = new DateTimeOffset(2026, 6, 1, 12, 0, 0, TimeSpan.Zero) };

        Assert.Equal(shape.Json, Encoding.UTF8.GetString(stamped.ToUtf8Json()));
    });

    [Fact]
    public void Every_kind_of_event_has_a_shape_above()
    {
        var kinds = typeof(AgentEvent).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(AgentEvent))).Select(type => type.Name).Order();

        Assert.Equal(kinds, s_shapes.Select(shape => shape.Happened.GetType().Name).Order());
    }

    [Fact]
    public void Markdown_survives_the_way_through_json()
    {
        const string Text = "| a \"quoted\" | ünïcödé 🙂 |\n<b>";

        using var json = JsonDocument.Parse(new AnswerDelta(Text).ToUtf8Json());

        Assert.Equal(Text, json.RootElement.GetProperty("text").GetString());
    }
}
