using System.Text.Json.Nodes;
using Airlock.Client.Tests.Reference;

namespace Airlock.Client.Tests;

/// <summary>What a client tells for the server's traces and about ends that it saw.</summary>
public class ClientCoreTraceTests
{
    private const string Trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    [Fact]
    public void What_the_application_is_doing_goes_with_the_first_connection_and_with_each_message()
    {
        var at = new Conversation();
        at.Do(core => core.Start(at.Now, Trace));
        Assert.Equal(Trace, (string?)Hello(at, "c-1")["traceparent"]);
        at.Says(Conversation.Authed);
        at.Says(Conversation.Ready());
        at.Send("a", traceParent: Trace);
        at.Send("b");
        Assert.Equal([$$"""[{"t":"data","s":1,"id":"a","traceparent":"{{Trace}}","b":1},{"t":"data","s":2,"id":"b","b":1}]"""], at.Written());
        at.Ended();
        Assert.Null(Redial(at, "c-2")["traceparent"]);
    }

    [Fact]
    public void A_message_that_fits_only_without_its_trace_goes_without_it()
    {
        var at = new Conversation().ToReady();
        var bare = """{"t":"data","s":1,"id":"a","b":""}""";
        at.Send("a", $"\"{new string('x', 65_536 - bare.Length)}\"", Trace);
        at.Send("b", $"\"{new string('x', 65_537 - bare.Length)}\"", Trace);
        Assert.Equal(65_536, Assert.Single(at.Written()).Length);
        Assert.Equal("message_too_large", Assert.Single(at.Effects.OfType<Effect.Settle>()).Refusal!.Cause);
    }

    [Fact]
    public void A_resume_tells_how_the_connection_before_ended()
    {
        var at = new Conversation().ToReady();
        at.Pass(TimeSpan.FromSeconds(7));
        at.Ended();
        Assert.Equal("""[{"connection":"c-1","code":1006,"cause":"transport_lost","silence":7000}]""", Redial(at, "c-2")["saw"]!.ToJsonString());
        at.Says(Conversation.Authed);
        at.Says(Conversation.Ready(generation: 2, attempt: 2, resume: "resumed"));
        at.Says("""{"t":"closing","code":4202,"cause":"moved","retry":"resume","resumable":true}""");
        at.Ended();
        Assert.Equal("""[{"connection":"c-2","code":4202,"cause":"moved","silence":0}]""", Redial(at, "c-3")["saw"]!.ToJsonString());
        at.Ended(Ending.Of(4250, "Moved, dear\nlog"));
        Assert.Equal("""{"connection":"c-3","code":4250,"cause":"close_4250","silence":0}""", Redial(at, "c-4")["saw"]![1]!.ToJsonString());
    }

    [Fact]
    public void Of_many_ends_the_first_and_the_newest_are_told()
    {
        var at = new Conversation().ToReady();
        at.Ended();
        for (var i = 2; i <= 6; i++)
        {
            Redial(at, $"c-{i}");
            at.Ended();
        }

        // One that was never opened is not the server's business.
        at.Pass(at.Core.Due!.Value - at.Now);
        at.Connect();
        at.Ended();
        Assert.Equal(["c-1", "c-4", "c-5", "c-6"], Redial(at, "c-8")["saw"]!.AsArray().Select(static seen => (string?)seen!["connection"]));
    }

    [Fact]
    public void A_client_that_heard_nothing_says_that_it_gave_up()
    {
        var at = new Conversation().ToReady();
        at.Pass(TimeSpan.FromSeconds(50));
        Assert.Equal("""[{"connection":"c-1","code":4903,"cause":"server_silent","silence":50000}]""", Redial(at, "c-2")["saw"]!.ToJsonString());
    }

    [Fact]
    public void A_new_process_has_seen_no_end_a_new_session_has_none_and_a_connection_that_is_relieved_is_not_over()
    {
        var fresh = new Conversation();
        fresh.Do(core => core.Start(fresh.Now));
        Assert.False(Hello(fresh, "c-1").AsObject().ContainsKey("saw"));

        var restored = new Conversation(state: new AirlockClientState { Instance = "i", Session = "s-1", Attempt = 1 });
        restored.Do(core => core.Start(restored.Now));
        Assert.Equal("[]", Hello(restored, "c-9")["saw"]!.ToJsonString());

        var at = new Conversation().ToReady();
        at.Says("""{"t":"drain","delay":0,"by":1700000100000}""");
        at.Pass(TimeSpan.Zero);
        Assert.False(Hello(at, "c-2").AsObject().ContainsKey("saw"));
        at.Says(Conversation.Authed);
        at.Says(Conversation.Ready(generation: 2, attempt: 2, resume: "resumed"));
        at.Ended();
        Assert.Equal(["c-2"], Redial(at, "c-3")["saw"]!.AsArray().Select(static seen => (string?)seen!["connection"]));
    }

    private static JsonNode Redial(Conversation at, string connection)
    {
        while (at.Link.IsOver || at.Link.Left)
        {
            at.Pass(at.Core.Due!.Value - at.Now);
        }

        return Hello(at, connection);
    }

    private static JsonNode Hello(Conversation at, string connection)
    {
        at.Connect();
        at.Says(Conversation.Open.Replace("c-1", connection, StringComparison.Ordinal));
        return JsonNode.Parse(Assert.Single(at.Written()))!;
    }
}
