using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Airlock.Client.Tests.Reference;
using Airlock.Core;

namespace Airlock.Client.Tests;

/// <summary>A session that is lost while its application is busy: the loss waits behind what has arrived, and is told once, by this process or the next.</summary>
public class SessionTests
{
    [Fact]
    public void Loss_that_waits_when_the_process_ends_is_told_by_the_next_with_what_had_arrived_and_was_not_handled()
    {
        var before = LostWhileAtWork(""","lost":[{"direction":"down","from":2,"to":null},{"direction":"up","from":1,"to":1}]""");
        var at = After(before);
        Assert.Equal(["Void 1/1", "Lost Down 2-, Up 1-1"], Told(at));
        Assert.Empty(at.Core.Session.Export().Losses);
        // The session after it goes on.
        at.Do(core => core.Start(at.Now));
        at.Attach(Conversation.Ready(session: "s-2", generation: 2, attempt: 2, resume: "resumed"));
        at.Says("""{"t":"data","s":1,"b":"new"}""");
        Assert.Equal(["Data"], Told(at));
        Assert.Empty(Told(After(at)));
    }

    [Fact]
    public void What_the_application_handles_before_a_loss_is_not_lost_and_what_is_told_is_not_told_again()
    {
        foreach (var handled in Enumerable.Range(0, 5))
        {
            var before = LostWhileAtWork(""","lost":[{"direction":"down","from":2,"to":5}]""");
            string[] told = ["Data", "Data", "Void 1/1", "Lost Down 4-5"];
            for (var i = 0; i < handled; i++)
            {
                Assert.Equal(told[i], Text(before.Core.NextMessage!));
                before.Do(core => core.Handle(before.Now));
            }

            string[] left = handled switch { 0 => ["Void 1/1", "Lost Down 2-5"], 1 => ["Void 1/1", "Lost Down 3-5"], 2 => ["Void 1/1", "Lost Down 4-5"], 3 => ["Lost Down 4-5"], _ => [] };
            Assert.Equal(left, Told(After(before)));
        }
    }

    [Fact]
    public void What_had_arrived_is_named_also_where_the_server_knows_of_no_more()
    {
        Assert.Equal(["Void 1/1", "Lost Down 2-3, Up 1-1"], Told(After(LostWhileAtWork(""","lost":[{"direction":"down","from":2,"to":3},{"direction":"up","from":1,"to":1}]"""))));
    }

    [Fact]
    public void Losses_that_wait_are_told_in_their_order_also_by_a_third_process_and_of_very_many_the_newest()
    {
        var at = LostWhileAtWork(""","lost":[]""");
        for (var n = 3; n < 80; n++)
        {
            at.Ended();
            at.Pass(TimeSpan.FromMinutes(1));
            at.Attach(Conversation.Ready(session: $"s-{n}", more: string.Create(CultureInfo.InvariantCulture, $$""","lost":[{"direction":"up","from":{{n}},"to":{{n}}}]""")));
        }

        var expected = Enumerable.Range(16, 64).Select(static n => $"Lost Up {n}-{n}");
        Assert.Equal(expected, Told(After(After(at))));
    }

    [Fact]
    public void What_was_sent_after_a_bye_is_not_sent_as_another_user_by_a_later_process()
    {
        var before = new Conversation().ToReady();
        before.Do(core => core.Bye(before.Now));
        var kept = After(before);
        kept.Send("private");
        kept.Do(core => core.Start(kept.Now));
        kept.Attach(Conversation.Ready(generation: 2, attempt: 2, resume: "resumed"));
        kept.Written();
        kept.Ended(Ending.Of(1000, "bye"));

        var at = After(kept);
        at.Do(core => core.Start(at.Now));
        at.Connect();
        at.Says(Conversation.Open);
        at.Written();
        at.Says(Conversation.Authed.Replace("ada", "eve", StringComparison.Ordinal));
        at.Says(Conversation.Ready(session: "s-2"));
        Assert.Empty(at.Written());
        Assert.Equal(["principal_changed"], at.Effects.OfType<Effect.Settle>().Select(static settle => settle.Refusal!.Cause));
    }

    [Fact]
    public void Damaged_losses_are_refused_and_an_older_state_has_none()
    {
        var json = JsonSerializer.Serialize(LostWhileAtWork(""","lost":[]""").Core.Session.Export());
        Read(json).Check();
        foreach (var (good, bad) in new[] { ("From\":2", "From\":0"), ("To\":3", "To\":1"), ("Try\":1", "Try\":0"), ("To\":3", "To\":9007199254740992") })
        {
            Assert.Contains(good, json, StringComparison.Ordinal);
            Assert.Throws<ArgumentException>(() => Read(json.Replace(good, bad, StringComparison.Ordinal)).Check());
        }

        foreach (var name in new[] { "Losses", "Messages", "Finished", "Open" })
        {
            foreach (var bad in new[] { "null", "[null]", "[{}]" })
            {
                var damaged = JsonNode.Parse(json)!;
                damaged[name] = JsonNode.Parse(bad);
                Assert.ThrowsAny<ArgumentException>(() => Read(damaged.ToJsonString()).Check());
            }
        }

        var older = json[..json.IndexOf(",\"Losses", StringComparison.Ordinal)] + "}";
        Assert.Empty(Read(older).Losses);
    }

    [Fact]
    public void A_session_that_is_over_leaves_nothing_of_its_position_in_a_state()
    {
        var at = new Conversation().ToReady(Conversation.Ready(more: ""","proof":"p-1" """));
        at.Send("a");
        at.Send("b");
        at.Do(core => core.Bye(at.Now));
        at.Written();
        at.Says("""[{"t":"ack","a":2,"d":1},{"t":"data","s":1,"re":2,"try":1,"p":true,"b":1},{"t":"data","s":2,"re":2,"try":1,"p":true,"b":1}]""");
        at.Do(core => core.Handle(at.Now));
        var before = at.Core.Session.Export();
        Assert.Equal(("s-1", "p-1", 1, 1, 1, 1, 2, 1, 1, 0), Position(before));
        before.Check();
        at.Ended(Ending.Of(4107, "session_ended"));
        var after = at.Core.Session.Export();
        Assert.Equal((null, null, 0, 0, 0, 0, null, 0, 0, 1), Position(after));
        after.Check();
        Assert.Equal([new LostRange(Direction.Down, 2, null)], after.Losses[0].Missing);
        Assert.Equal([new(2, 1, "b")], after.Losses[0].Open);

        static (string?, string?, long, long, long, long, long?, int, int, int) Position(AirlockClientState state) =>
            (state.Session, state.Proof, state.Attempt, state.Generation, state.Received, state.Done, state.Bye, state.Finished.Count, state.Open.Count, state.Losses.Count);
    }

    [Theory]
    [InlineData(62, true)]
    [InlineData(63, false)]
    public void A_stranger_is_known_for_one_among_as_many_as_64_connections_and_with_more_nobody_is_called_one(int failed, bool isKnown)
    {
        var at = new Conversation().ToReady();
        at.Send("a");
        at.Written();
        at.Core.Session.Export();
        for (var n = 0; n <= failed; n++)
        {
            at.Ended();
            at.Pass(at.Core.Due!.Value - at.Now);
            at.Connect();
            at.Says(Conversation.Open.Replace("c-1", $"own-{n}", StringComparison.Ordinal));
            at.Written();
        }

        at.Says(Conversation.Authed);
        // It stored the message, or somebody else's of this number.
        at.Says(Conversation.Ready(generation: 9, attempt: failed + 2, resume: "resumed", received: 1, more: ""","previous":{"connection":"stranger","code":1006,"cause":"transport_lost"}"""));
        Assert.Equal(isKnown, at.Changes.Any(static change => change.Cause == "session_shared"));
        Assert.Null(at.Finished);
    }

    [Fact]
    public void A_session_is_not_resumed_in_the_name_of_another_user()
    {
        var at = new Conversation().ToReady();
        at.Ended();
        at.Pass(TimeSpan.Zero);
        at.Connect();
        at.Says(Conversation.Open);
        at.Written();
        at.Says(Conversation.Authed.Replace("ada", "eve", StringComparison.Ordinal));
        Assert.Null(at.Core.Session.Export().Session);
        at.Says(Conversation.Ready(generation: 2, attempt: 2, resume: "resumed"));
        Assert.Equal("server_violation", at.Finished!.Cause);
    }

    [Theory]
    [InlineData(1L, 0)]
    [InlineData(null, 1)]
    public void What_a_bye_stands_behind_is_finished_with_the_session_and_what_it_does_not_goes_into_the_next(long? bye, long received)
    {
        AirlockClientState.Message[] messages = [new("a", "1", false), new("b", "2", false)];
        var at = new Conversation(state: new() { Instance = "instance", User = "ada", Session = "s-1", Attempt = 1, Generation = 1, Bye = bye, Messages = messages });
        at.Do(core => core.Start(at.Now));
        at.Attach(Conversation.Ready(generation: 2, attempt: 2, resume: "resumed", received: received));
        // Of the bye of this session's own first half all that was written is finished; of another's only what the server said it has.
        Assert.Equal(bye is null ? """{"t":"data","s":2,"id":"b","b":2}""" : """[{"t":"data","s":1,"id":"a","b":1},{"t":"bye"}]""", Assert.Single(at.Written()));
        at.Says("""{"t":"data","s":1,"re":1,"try":1,"p":true,"b":"part"}""");
        Assert.Equal(["Data"], Told(at));
        at.Ended(Ending.Of(1000, "bye"));
        Assert.Equal(["a"], at.Effects.OfType<Effect.Settle>().Select(static settle => settle.Receipt.Id));
        at.Pass(TimeSpan.FromSeconds(1));
        at.Attach(Conversation.Ready(session: "s-2"));
        Assert.Equal(["""{"t":"data","s":1,"id":"b","b":2}"""], at.Written());
        // What it streamed and never settled is withdrawn; that is no loss. The next one counts from 1.
        Assert.Equal(["Void 1/1"], Told(at));
        at.Says("""{"t":"data","s":1,"re":1,"try":1,"b":"new"}""");
        Assert.Equal(("b", "Data"), (at.Core.NextMessage!.Re, Text(at.Core.NextMessage)));
    }

    [Theory]
    [InlineData("\"ada\"", "\"ada\"", true)]
    [InlineData("\"ada\"", "\"eve\"", false)]
    [InlineData("\"ada\"", "null", false)]
    [InlineData("\"ada\"", "\"anonymous-7\",\"anonymous\":true", false)]
    [InlineData("null", "\"ada\"", false)]
    [InlineData("null", "null", true)]
    [InlineData("null", "\"anonymous-7\",\"anonymous\":true", true)]
    [InlineData("\"anonymous-7\",\"anonymous\":true", "\"anonymous-7\",\"anonymous\":true", true)]
    [InlineData("\"anonymous-7\",\"anonymous\":true", "\"anonymous-8\",\"anonymous\":true", false)]
    public void Messages_are_sent_again_only_as_the_user_who_sent_them(string before, string after, bool isSame)
    {
        var at = new Conversation();
        at.Do(core => core.Start(at.Now));
        at.Connect();
        at.Says(Conversation.Open);
        at.Written();
        at.Says(Conversation.Authed.Replace("\"ada\"", before, StringComparison.Ordinal));
        at.Says(Conversation.Ready());
        at.Send("a");
        at.Written();
        at.Ended();
        at.Pass(TimeSpan.Zero);
        at.Connect();
        at.Says(Conversation.Open);
        at.Written();
        at.Says(Conversation.Authed.Replace("\"ada\"", after, StringComparison.Ordinal));
        Assert.Equal(isSame ? [] : ["principal_changed"], at.Effects.OfType<Effect.Settle>().Select(static settle => settle.Refusal!.Cause));
        at.Says(isSame ? Conversation.Ready(generation: 2, attempt: 2, resume: "resumed") : Conversation.Ready(session: "s-2"));
        Assert.Equal(isSame ? 1 : 0, at.Written().Count);
    }

    [Fact]
    public void A_session_is_resumed_only_if_it_was_asked_for_and_by_its_name()
    {
        foreach (var (hasSession, session) in new[] { (false, "s-1"), (true, "s-2") })
        {
            var at = new Conversation();
            if (hasSession)
            {
                at.ToReady();
                at.Ended();
                at.Pass(TimeSpan.Zero);
            }
            else
            {
                at.Do(core => core.Start(at.Now));
            }

            at.Attach(Conversation.Ready(session, generation: 2, attempt: 2, resume: "resumed"));
            Assert.Equal(("server_violation", "ready resumes a session that was not asked for."), (at.Finished!.Cause, at.Finished.Text));
        }
    }

    /// <summary>Its application is at the second message, and a third waits, when the session is lost; the next one is there.</summary>
    private static Conversation LostWhileAtWork(string lost)
    {
        var at = new Conversation().ToReady();
        at.Send("a");
        at.Written();
        at.Says("""[{"t":"data","s":1,"re":1,"try":1,"p":true,"b":"part"},{"t":"data","s":2,"b":"slow"},{"t":"data","s":3,"b":"waits"}]""");
        at.Do(core => core.Handle(at.Now));
        at.Ended();
        at.Pass(TimeSpan.FromSeconds(1));
        at.Attach(Conversation.Ready(session: "s-2", more: lost));
        return at;
    }

    private static Conversation After(Conversation before)
    {
        var state = Read(JsonSerializer.Serialize(before.Core.Session.Export()));
        state.Check();
        return new Conversation(state: state);
    }

    private static AirlockClientState Read(string json) => JsonSerializer.Deserialize<AirlockClientState>(json)!;

    private static List<string> Told(Conversation at) => [.. at.Take().Select(Text)];

    private static string Text(ServerMessage message) => message.Kind switch
    {
        MessageKind.Void => $"Void {message.ReSequence}/{message.Try}",
        MessageKind.Lost => $"Lost {string.Join(", ", message.Lost.Select(static range => $"{range.Direction} {range.From}-{range.To}"))}",
        var kind => $"{kind}",
    };
}
