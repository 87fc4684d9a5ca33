using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Airlock.Client.Tests.Reference;
using Airlock.Core;

namespace Airlock.Client.Tests;

/// <summary>What is written to a connection, and when.</summary>
public sealed class ClientCoreFramesTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void A_message_has_at_most_as_many_frames_as_the_server_takes_whatever_is_to_be_said(int framesMax)
    {
        foreach (var sends in new[] { 0, 3 })
        {
            var at = new Conversation(new AirlockClientOptions { Token = static _ => new("old") });
            at.Do(core => core.Start(at.Now));
            at.Connect(Offer.Of("old", null, CredentialCarrier.Hello));
            at.Says(Conversation.Open.Replace("\"frames\":256", $"\"frames\":{framesMax}", StringComparison.Ordinal));
            at.Written();
            at.Says(Conversation.Authed);
            at.Says(Conversation.Ready());
            foreach (var id in new[] { "a", "b", "c", "d", "e" })
            {
                at.Send(id);
            }

            Assert.Equal(Enumerable.Repeat("data", 5), Types(at));
            foreach (var id in new[] { "a", "b", "c" })
            {
                at.Do(core => core.Stop(id));
            }

            at.Says("""[{"t":"ping"},{"t":"ping"},{"t":"ping"},{"t":"ping"},{"t":"ping"}]""");
            for (var s = 1; s <= 32; s++)
            {
                at.Says($$"""{"t":"data","s":{{s}},"b":1}""");
            }

            at.Take();
            at.Do(core => core.TokenFetched(at.Link, "fresh", at.Now));
            for (var n = 0; n < sends; n++)
            {
                at.Send($"late-{n}");
            }

            at.Do(core => core.Bye(at.Now));
            // Where there is data it carries the acknowledgement.
            string[] expected = ["pong", "pong", "pong", "pong", "pong", "refresh", "stop", "stop", "stop", .. Enumerable.Repeat("data", sends), "bye", .. sends == 0 ? ["ack"] : Array.Empty<string>()];
            Assert.Equal(expected.Order(), Types(at).Order());
            Assert.Empty(at.Written());
        }

        List<string> Types(Conversation at)
        {
            var messages = at.Written().Select(static message => JsonNode.Parse(message)!).Select(static message => message is JsonArray several ? several.Select(static frame => $"{frame!["t"]}").ToList() : [$"{message["t"]}"]).ToList();
            Assert.All(messages, message => Assert.InRange(message.Count, 1, framesMax));
            return [.. messages.SelectMany(static message => message)];
        }
    }

    [Fact]
    public void A_message_is_never_larger_than_the_server_takes_also_with_the_longest_numbers_ids_and_traces()
    {
        const long far = WireLimits.SequenceMax - 10;
        var trace = $"00-{new string('a', 32)}-{new string('b', 16)}-01";
        for (var length = 1; length < 700; length++)
        {
            var at = new Conversation(state: new AirlockClientState { Instance = "instance", User = "ada", Session = "s-1", Attempt = 1, Generation = 1, Received = far, Done = far });
            at.Do(core => core.Start(at.Now));
            at.Connect();
            at.Says(Conversation.Open.Replace("65536", "1000", StringComparison.Ordinal));
            at.Written();
            at.Says(Conversation.Authed);
            at.Says(Conversation.Ready(generation: 2, attempt: 2, resume: "resumed", received: far, done: far, replayTo: far));
            at.Says(string.Create(CultureInfo.InvariantCulture, $$"""[{"t":"data","s":{{far + 1}},"b":1},{"t":"ping"}]"""));
            at.Take();
            // Each of its characters is escaped.
            at.Send(new string('<', 40), new string('1', length), trace);
            at.Send("next", "1", trace);
            var messages = at.Written();
            Assert.All(messages, static message => Assert.InRange(Encoding.UTF8.GetByteCount(message), 1, 1000));
            // What is traced decides nothing, but it is left out only where it would not fit.
            Assert.All(messages.Where(static message => message.Contains("data", StringComparison.Ordinal)), message =>
                Assert.True(message.Contains(trace, StringComparison.Ordinal) || message.Length + ",\"traceparent\":\"\"".Length + trace.Length > 1000, message));
        }
    }

    [Fact]
    public void Acknowledgement_waits_for_company_of_31_and_for_the_whole_200_milliseconds_after_a_handover_too()
    {
        var at = new Conversation().ToReady();
        for (var s = 1; s <= 31; s++)
        {
            at.Says($$"""{"t":"data","s":{{s}},"b":1}""");
        }

        at.Take();
        Assert.Empty(at.Written());
        at.Says("""{"t":"drain","delay":0,"by":1700000030000}""");
        at.Pass(TimeSpan.Zero);
        at.Connect();
        at.Says(Conversation.Open);
        at.Written();
        at.Says(Conversation.Authed);
        at.Pass(TimeSpan.FromMilliseconds(100));
        // Its hello has told the 31: what was to tell them later is not due any more.
        at.Says(Conversation.Ready(generation: 2, attempt: 2, resume: "resumed", replayTo: 31));
        at.Written();
        at.Says("""{"t":"data","s":32,"b":1}""");
        at.Take();
        at.Pass(TimeSpan.FromMilliseconds(199));
        at.Says("""{"t":"ping"}""");
        Assert.Equal(["""{"t":"pong"}"""], at.Written());
        at.Pass(TimeSpan.FromMilliseconds(1));
        Assert.Equal(["""{"t":"ack","a":32}"""], at.Written());
    }

    [Fact]
    public void Whether_a_session_was_resumed_is_told_with_ready_and_with_nothing_else()
    {
        var at = new Conversation().ToReady();
        at.Says("""{"t":"gate","name":"search","required":false,"state":"degraded","elapsed":1,"deadline":null,"retryAfter":null}""");
        at.Ended();
        at.Pass(TimeSpan.Zero);
        at.Attach(Conversation.Ready(generation: 2, attempt: 2, resume: "resumed"));
        Assert.Equal([false, true], at.Changes.Where(static change => change.State == ConnectionState.ProcessingReady).Select(static change => change.Resumed));
        Assert.All(at.Changes.Where(static change => change.State != ConnectionState.ProcessingReady), static change => Assert.Null(change.Resumed));
    }

    [Fact]
    public void What_comes_after_a_bye_counts_unread_no_sooner_than_the_close_timeout_after_it_came()
    {
        var at = new Conversation().ToReady();
        at.Send("a");
        at.Do(core => core.Bye(at.Now));
        at.Written();
        at.Pass(at.Options.CloseTimeout);
        at.Says("""{"t":"data","s":1,"re":1,"try":1,"b":1}""");
        at.Pass(at.Options.CloseTimeout - TimeSpan.FromMilliseconds(1));
        Assert.Empty(at.Written());
        at.Pass(TimeSpan.FromMilliseconds(1));
        Assert.Equal(["""{"t":"ack","a":1}"""], at.Written());
    }

    [Fact]
    public void Token_from_a_cache_is_asked_for_again_after_longer_and_longer()
    {
        var at = new Conversation(new AirlockClientOptions { Token = static _ => new("t") });
        at.Do(core => core.Start(at.Now));
        at.Connect(Offer.Of("t", null, CredentialCarrier.Hello));
        at.Says(Conversation.Open);
        at.Written();
        var authed = Conversation.Authed.Replace("\"refreshBefore\":null", "\"refreshBefore\":1700000100000", StringComparison.Ordinal);
        at.Says(authed);
        at.Says(Conversation.Ready(idle: 3_600_000));
        at.Pass(TimeSpan.FromSeconds(80));
        var asked = 1;
        foreach (var seconds in new[] { 1, 2, 4, 8, 16, 30, 30 })
        {
            Assert.Equal(asked, at.Effects.OfType<Effect.FetchToken>().Count());
            at.Do(core => core.TokenFetched(at.Link, "t", at.Now));
            at.Written();
            at.Says(authed);
            // The server asking meanwhile changes nothing.
            at.Says("""{"t":"refresh","by":1700000100000}""");
            at.Pass(TimeSpan.FromSeconds(seconds) - TimeSpan.FromMilliseconds(1));
            Assert.Equal(asked, at.Effects.OfType<Effect.FetchToken>().Count());
            at.Pass(TimeSpan.FromMilliseconds(1));
            asked++;
        }

        // A newer one counts anew; and one that is over already is asked for after a second all the same.
        at.Do(core => core.TokenFetched(at.Link, "newer", at.Now));
        at.Written();
        at.Says(authed.Replace("1700000100000", "1700000100001", StringComparison.Ordinal));
        at.Pass(TimeSpan.FromMilliseconds(999));
        Assert.Equal(asked, at.Effects.OfType<Effect.FetchToken>().Count());
        at.Pass(TimeSpan.FromMilliseconds(1));
        Assert.Equal(asked + 1, at.Effects.OfType<Effect.FetchToken>().Count());
    }

    [Fact]
    public void A_refresh_that_is_asked_for_on_the_next_connection_waits_until_that_has_taken_over()
    {
        var at = new Conversation(new AirlockClientOptions { Token = static _ => new("t") });
        at.ToReady();
        at.Says("""{"t":"drain","delay":0,"by":1700000030000}""");
        at.Pass(TimeSpan.Zero);
        at.Connect(Offer.Of("t", null, CredentialCarrier.Hello));
        at.Says(Conversation.Open);
        at.Written();
        at.Says(Conversation.Authed);
        at.Says("""{"t":"refresh","by":1700000100000}""");
        Assert.Empty(at.Effects.OfType<Effect.FetchToken>());
        at.Says(Conversation.Ready(generation: 2, attempt: 2, resume: "resumed"));
        Assert.Same(at.Link, Assert.Single(at.Effects.OfType<Effect.FetchToken>()).Link);
        at.Do(core => core.TokenFetched(at.Link, "fresh", at.Now));
        Assert.Equal(["""{"t":"refresh","token":"fresh"}"""], at.Written());
    }

    [Fact]
    public void Without_a_token_now_it_is_asked_for_again_after_5_seconds()
    {
        foreach (var nothing in new[] { null, "" })
        {
            var at = new Conversation(new AirlockClientOptions { Token = static _ => new("t") });
            at.ToReady();
            at.Says("""{"t":"refresh","by":1700000100000}""");
            at.Do(core => core.TokenFetched(at.Link, nothing, at.Now));
            Assert.Empty(at.Written());
            at.Pass(TimeSpan.FromMilliseconds(4999));
            Assert.Single(at.Effects.OfType<Effect.FetchToken>());
            at.Pass(TimeSpan.FromMilliseconds(1));
            Assert.Equal(2, at.Effects.OfType<Effect.FetchToken>().Count());
        }
    }

    [Fact]
    public void Behind_closing_nothing_more_is_said()
    {
        var at = new Conversation(new AirlockClientOptions { Token = static _ => new("t") });
        at.ToReady();
        at.Says("""{"t":"refresh","by":1700000100000}""");
        at.Says("""{"t":"data","s":1,"b":1}""");
        at.Says("""{"t":"closing","code":4202,"cause":"moved","retry":"resume","resumable":true}""");
        at.Do(core => core.TokenFetched(at.Link, "fresh", at.Now));
        at.Send("a");
        at.Take();
        at.Pass(TimeSpan.FromSeconds(1));
        at.Do(core => core.Bye(at.Now));
        Assert.Empty(at.Written());
    }

    [Theory]
    [InlineData("""{"t":"data","s":1,"re":2,"try":1,"b":1}""", "Data")]
    [InlineData("""{"t":"end","s":1,"re":2,"try":1}""", "End")]
    [InlineData("""{"t":"void","s":1,"re":2,"try":1}""", "Void")]
    [InlineData("""{"t":"nack","s":1,"re":2,"cause":"handler_failed"}""", "Nack")]
    public void An_answer_to_what_was_never_sent_is_named(string frame, string type)
    {
        var at = new Conversation().ToReady();
        at.Send("a");
        at.Written();
        at.Send("b");
        at.Says(frame);
        Assert.Equal($"{type} answers message 2, which was never sent.", at.Finished!.Text);
    }

    [Fact]
    public void What_cannot_be_sent_says_why_and_leaves_everything_as_it_was()
    {
        var at = new Conversation(new AirlockClientOptions { UnfinishedMax = 2, UnfinishedBytesMax = 10 });
        at.Send("a", "12345");
        Assert.Equal("A message with the id a is not finished yet. (Parameter 'id')", Assert.Throws<ArgumentException>("id", () => at.Send("a")).Message);
        Assert.Equal("a", Assert.Throws<AirlockRefusedException>(() => at.Send("b", "123456")) is { Id: "b", Cause: "queue_full", Status: null } ? "a" : "");
        at.Send("b", "12345");
        Assert.Equal("queue_full", Assert.Throws<AirlockRefusedException>(() => at.Send("c", "")).Cause);
        Assert.Equal(["a", "b"], at.Core.Session.Outbox.Messages.Select(static message => message.Id));
        at.Do(core => core.Bye(at.Now));
        Assert.Equal("client_closed", Assert.Throws<AirlockClosedException>(() => at.Send("c")).Cause);

        var leaving = new Conversation().ToReady();
        leaving.Do(core => core.Bye(leaving.Now));
        Assert.Equal("The client is leaving; nothing more can be sent.", Assert.Throws<InvalidOperationException>(() => leaving.Send("a")).Message);
    }

    [Theory]
    [InlineData("duplicate", "pending")]
    [InlineData("handler_failed", null)]
    public void A_refusal_says_which_message_why_and_what_became_of_the_first(string cause, string? status)
    {
        var refused = new AirlockRefusedException("m-1", cause, status);
        Assert.Equal(("m-1", cause, status), (refused.Id, refused.Cause, refused.Status));
        Assert.Contains("m-1", refused.Message, StringComparison.Ordinal);
        Assert.Contains(status is null ? cause : $"{cause} ({status})", refused.Message, StringComparison.Ordinal);
        Assert.Equal(status is not null, refused.Message.Contains('(', StringComparison.Ordinal));
    }
}
