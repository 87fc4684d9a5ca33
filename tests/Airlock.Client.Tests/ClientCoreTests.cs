using Airlock.Client.Tests.Reference;
using Airlock.Core;

namespace Airlock.Client.Tests;

/// <summary>The protocol without sockets and clocks.</summary>
public class ClientCoreTests
{
    [Fact]
    public void Client_says_hello_when_opened_and_data_only_when_ready()
    {
        var at = new Conversation();
        at.Send("a");
        at.Do(core => core.Start(at.Now));
        at.Connect();
        Assert.Empty(at.Written());
        at.Says(Conversation.Open);
        Assert.Matches("""^\{"t":"hello","v":1,"client":"airlock-dotnet/[^"]+","instance":"instance","sent":\[\],"can":\["gap"\]\}$""", Assert.Single(at.Written()));
        at.Says(Conversation.Authed);
        Assert.Empty(at.Written());
        at.Says(Conversation.Ready());
        Assert.Equal(["""{"t":"data","s":1,"id":"a","b":1}"""], at.Written());
        Assert.Equal(
            [ConnectionState.Connecting, ConnectionState.Accepted, ConnectionState.Authenticated, ConnectionState.ServicesReady, ConnectionState.ProcessingReady],
            at.Changes.Select(static change => change.State));
    }

    [Fact]
    public void Gates_move_the_state_to_services_ready_to_degraded_and_back()
    {
        var at = new Conversation();
        at.Do(core => core.Start(at.Now));
        at.Connect();
        at.Says(Conversation.Open);
        at.Says(Conversation.Authed);
        at.Says(Gate("agent", true, "waiting"));
        Assert.Equal(ConnectionState.Authenticated, at.Link.State);
        at.Says(Gate("agent", true, "open"));
        Assert.Equal(ConnectionState.ServicesReady, at.Link.State);
        at.Says(Conversation.Ready());
        at.Says(Gate("search", false, "degraded"));
        Assert.Equal(ConnectionState.Degraded, at.Link.State);
        at.Says(Gate("search", false, "open"));
        Assert.Equal(ConnectionState.ProcessingReady, at.Link.State);
    }

    [Fact]
    public void Window_holds_messages_back_until_done_rises()
    {
        var at = new Conversation().ToReady(Conversation.Ready(window: 2));
        foreach (var id in new[] { "a", "b", "c" })
        {
            at.Send(id);
        }

        Assert.Equal("""[{"t":"data","s":1,"id":"a","b":1},{"t":"data","s":2,"id":"b","b":1}]""", Assert.Single(at.Written()));
        at.Says("""{"t":"ack","a":2,"d":0}""");
        Assert.Empty(at.Written());
        at.Says("""{"t":"ack","a":2,"d":1}""");
        Assert.Equal("""{"t":"data","s":3,"id":"c","b":1}""", Assert.Single(at.Written()));
    }

    [Fact]
    public void Message_too_large_for_the_server_is_refused_and_its_number_goes_to_the_next()
    {
        var at = new Conversation().ToReady();
        at.Send("a", $"\"{new string('x', 65_600)}\"");
        at.Send("b");
        Assert.Equal(["""{"t":"data","s":1,"id":"b","b":1}"""], at.Written());
        Assert.Equal("message_too_large", Assert.Single(at.Effects.OfType<Effect.Settle>()).Refusal!.Cause);
    }

    [Fact]
    public void Batches_keep_to_the_limits_that_open_announced()
    {
        var at = new Conversation();
        at.Do(core => core.Start(at.Now));
        at.Connect();
        at.Says(Conversation.Open.Replace("65536", "1000", StringComparison.Ordinal).Replace("\"frames\":256", "\"frames\":3", StringComparison.Ordinal));
        at.Written();
        at.Says(Conversation.Authed);
        at.Says(Conversation.Ready());
        for (var i = 0; i < 30; i++)
        {
            at.Send($"id-{i}", $"\"{new string('x', i * 30)}\"");
        }

        var messages = at.Written();
        Assert.All(messages, message =>
        {
            Assert.InRange(message.Length, 1, 1000);
            Assert.InRange(message.Split("\"t\":").Length - 1, 1, 3);
        });
        Assert.Equal(Enumerable.Range(0, 30).Select(static i => $"id-{i}"), System.Text.RegularExpressions.Regex.Matches(string.Concat(messages), "\"id\":\"([^\"]+)\"").Select(static match => match.Groups[1].Value));
    }

    [Fact]
    public void Queue_that_is_full_refuses_and_changes_nothing()
    {
        var at = new Conversation(new AirlockClientOptions { UnfinishedMax = 2, UnfinishedBytesMax = 10 });
        at.Send("a", "12345");
        Assert.Equal("queue_full", Assert.Throws<AirlockRefusedException>(() => at.Send("b", "123456")).Cause);
        at.Send("c", "12345");
        Assert.Throws<AirlockRefusedException>(() => at.Send("d", ""));
        Assert.Throws<ArgumentException>(() => at.Send("a"));
    }

    [Fact]
    public void Acknowledgement_waits_for_the_application_then_for_company()
    {
        var at = new Conversation().ToReady();
        at.Says("""{"t":"data","s":1,"b":1}""");
        at.Pass(TimeSpan.FromSeconds(1));
        Assert.Empty(at.Written());
        at.Take();
        Assert.Empty(at.Written());
        at.Pass(TimeSpan.FromMilliseconds(199));
        Assert.Empty(at.Written());
        at.Pass(TimeSpan.FromMilliseconds(1));
        Assert.Equal(["""{"t":"ack","a":1}"""], at.Written());

        at.Says("""{"t":"data","s":2,"b":1}""");
        at.Take();
        at.Send("a");
        Assert.Equal(["""{"t":"data","s":1,"id":"a","a":2,"b":1}"""], at.Written());
        at.Pass(TimeSpan.FromSeconds(1));
        Assert.Empty(at.Written());
    }

    [Fact]
    public void Acknowledgement_does_not_wait_for_more_than_32()
    {
        var at = new Conversation().ToReady();
        for (var s = 1; s <= 32; s++)
        {
            at.Says($$"""{"t":"data","s":{{s}},"b":1}""");
        }

        at.Take();
        Assert.Equal(["""{"t":"ack","a":32}"""], at.Written());
    }

    [Fact]
    public void Each_ping_is_answered()
    {
        var at = new Conversation().ToReady();
        at.Says("""[{"t":"ping"},{"t":"ping"}]""");
        Assert.Equal("""[{"t":"pong"},{"t":"pong"}]""", Assert.Single(at.Written()));
        Assert.Empty(at.Written());
    }

    [Fact]
    public void Resume_writes_again_what_was_not_stored_and_ignores_what_is_here()
    {
        var at = new Conversation().ToReady();
        at.Send("a");
        at.Send("b");
        at.Written();
        at.Says("""[{"t":"data","s":1,"b":"one"},{"t":"data","s":2,"b":"two"}]""");
        Assert.Equal("one", at.Core.NextMessage!.As<string>());
        at.Do(core => core.Handle(at.Now));
        at.Ended();
        at.Pass(TimeSpan.Zero);
        at.Connect();
        at.Says(Conversation.Open);
        Assert.Contains("""resume":{"session":"s-1","attempt":2,"received":1}""", Assert.Single(at.Written()), StringComparison.Ordinal);
        at.Says(Conversation.Authed);
        at.Says(Conversation.Ready(generation: 2, attempt: 2, resume: "resumed", received: 1, done: 0, replayTo: 3));
        Assert.Equal(["""{"t":"data","s":2,"id":"b","b":1}"""], at.Written());
        at.Says("""[{"t":"data","s":2,"b":"two"},{"t":"data","s":3,"b":"three"}]""");
        Assert.Equal(["two", "three"], at.Take().Select(static message => message.As<string>()));
        Assert.Null(at.Finished);
    }

    [Fact]
    public void New_session_numbers_again_with_the_same_ids_and_tells_what_is_lost()
    {
        var at = new Conversation().ToReady();
        at.Send("a");
        at.Send("b");
        at.Written();
        at.Says("""[{"t":"ack","a":2,"d":1},{"t":"data","s":1,"re":2,"try":1,"p":true,"b":"part"}]""");
        at.Take();
        at.Ended();
        at.Pass(TimeSpan.Zero);
        at.Attach(Conversation.Ready(session: "s-2", more: ",\"lost\":[{\"direction\":\"down\",\"from\":2,\"to\":null},{\"direction\":\"up\",\"from\":2,\"to\":2}]"));
        Assert.Equal(["""{"t":"data","s":1,"id":"b","b":1}"""], at.Written());
        var told = at.Take();
        Assert.Equal([MessageKind.Void, MessageKind.Lost], told.Select(static message => message.Kind));
        Assert.Equal(("b", 1), (told[0].Re, told[0].Try));
        Assert.Equal([new LostRange(Direction.Down, 2, null), new LostRange(Direction.Up, 2, 2)], told[1].Lost);
        at.Says("""{"t":"data","s":1,"b":"fresh"}""");
        Assert.Equal("fresh", Assert.Single(at.Take()).As<string>());
    }

    [Fact]
    public void Handling_a_message_of_a_lost_session_acknowledges_nothing_in_the_new_one()
    {
        var at = new Conversation().ToReady();
        at.Says("""{"t":"data","s":1,"b":"old"}""");
        at.Ended();
        at.Pass(TimeSpan.Zero);
        at.Attach(Conversation.Ready(session: "s-2", more: ",\"lost\":[{\"direction\":\"down\",\"from\":1,\"to\":1}]"));
        var told = at.Take();
        // It has arrived, so it is not lost.
        Assert.Equal(["old"], told.Where(static message => message.Kind == MessageKind.Data).Select(static message => message.As<string>()));
        Assert.Empty(told[^1].Lost);
        at.Pass(TimeSpan.FromSeconds(1));
        Assert.Empty(at.Written());
    }

    [Fact]
    public void Refusal_behind_the_ack_that_covers_it_is_a_refusal()
    {
        var at = new Conversation().ToReady();
        at.Send("a");
        at.Send("b");
        at.Written();
        at.Says("""[{"t":"ack","a":2,"d":2},{"t":"nack","s":1,"re":1,"cause":"handler_failed"},{"t":"end","s":2,"re":2,"try":1,"stopped":true}]""");
        Assert.Equal(
            [("a", "handler_failed", MessageOutcome.Finished), ("b", null, MessageOutcome.Stopped)],
            at.Effects.OfType<Effect.Settle>().DistinctBy(static settle => settle.Receipt).Select(static settle => (settle.Receipt.Id, settle.Refusal?.Cause, settle.Outcome)));
    }

    [Fact]
    public void Outcome_told_at_resume_waits_for_the_replay()
    {
        var at = new Conversation().ToReady();
        at.Send("a");
        at.Written();
        at.Ended();
        at.Pass(TimeSpan.Zero);
        at.Attach(Conversation.Ready(generation: 2, attempt: 2, resume: "resumed", received: 1, done: 1, replayTo: 2));
        at.Says("""{"t":"data","s":1,"b":1}""");
        Assert.Empty(at.Effects.OfType<Effect.Settle>());
        at.Says("""{"t":"nack","s":2,"re":1,"cause":"duplicate","status":"pending"}""");
        Assert.Equal(("duplicate", "pending"), at.Effects.OfType<Effect.Settle>().First().Refusal is { } refusal ? (refusal.Cause, refusal.Status) : default);
    }

    [Fact]
    public void Stop_follows_its_message_and_is_repeated_until_done()
    {
        var at = new Conversation().ToReady(Conversation.Ready(window: 1));
        at.Send("a");
        at.Send("b");
        at.Written();
        at.Do(core => core.Stop("a"));
        at.Do(core => core.Stop("b"));
        Assert.Equal(["""{"t":"stop","s":1}"""], at.Written());
        at.Ended();
        at.Pass(TimeSpan.Zero);
        at.Attach(Conversation.Ready(generation: 2, attempt: 2, resume: "resumed", window: 1, received: 1));
        Assert.Equal(["""{"t":"stop","s":1}"""], at.Written());
        at.Says("""{"t":"ack","a":1,"d":1}""");
        Assert.Equal("""{"t":"data","s":2,"id":"b","b":1}{"t":"stop","s":2}""", string.Concat(at.Written()));
    }

    [Fact]
    public void Silence_is_left_with_4903_and_resumed()
    {
        var at = new Conversation().ToReady(Conversation.Ready(idle: 10_000));
        at.Pass(TimeSpan.FromSeconds(15));
        at.Says("""{"t":"ping"}""");
        at.Pass(TimeSpan.FromSeconds(19));
        Assert.Single(at.Dialed);
        at.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(4903, Assert.Single(at.Effects.OfType<Effect.Close>()).Code);
        Assert.Equal(2, at.Dialed.Count);
    }

    [Fact]
    public void Dial_that_nobody_answers_is_given_up()
    {
        var at = new Conversation(new AirlockClientOptions { ConnectTimeout = TimeSpan.FromSeconds(3) });
        at.Do(core => core.Start(at.Now));
        at.Pass(TimeSpan.FromSeconds(3));
        Assert.Equal(2, at.Dialed.Count);
    }

    [Fact]
    public void Delays_grow_until_a_connection_has_been_ready_for_a_while()
    {
        var at = new Conversation();
        at.Do(core => core.Start(at.Now));
        at.Ended();
        Assert.Equal(TimeSpan.Zero, at.Changes.Last().RetryIn);
        at.Pass(TimeSpan.Zero);
        at.Ended();
        Assert.Equal(TimeSpan.FromMilliseconds(250), at.Changes.Last().RetryIn);
        at.Random = 1;
        at.Pass(TimeSpan.FromMilliseconds(250));
        at.Ended();
        Assert.Equal(TimeSpan.FromSeconds(1), at.Changes.Last().RetryIn);
        at.Pass(TimeSpan.FromMilliseconds(999));
        Assert.Equal(3, at.Dialed.Count);
        at.Pass(TimeSpan.FromMilliseconds(1));
        at.Attach();
        at.Pass(Backoff.Steady);
        at.Ended();
        Assert.Equal(TimeSpan.Zero, at.Changes.Last().RetryIn);
    }

    [Theory]
    [InlineData(4022, "token_expired", false, null)]
    [InlineData(4101, "gate_timeout", true, false)]
    [InlineData(4203, "authentication_expired", true, true)]
    [InlineData(4312, "draining", true, true)]
    [InlineData(4177, "not_known_yet", true, false)]
    public void Close_code_decides_what_follows(int code, string cause, bool again, bool? resumes)
    {
        var at = new Conversation().ToReady();
        at.Says($$"""{"t":"closing","code":{{code}},"cause":"{{cause}}","retry":"never","retryAfter":3000,"resumable":true,"message":"why"}""");
        at.Ended(Ending.Of(code, cause));
        Assert.Equal(again, at.Finished is null);
        if (!again)
        {
            Assert.Equal((code, cause), (at.Finished!.Code, at.Finished.Cause));
            return;
        }

        Assert.Equal(TimeSpan.FromSeconds(3), at.Changes.Last().RetryIn);
        at.Pass(TimeSpan.FromSeconds(3));
        at.Connect();
        at.Says(Conversation.Open);
        Assert.Equal(resumes, Assert.Single(at.Written()).Contains("resume", StringComparison.Ordinal));
    }

    [Fact]
    public void Closing_that_no_close_frame_follows_ends_the_connection_after_a_while()
    {
        var at = new Conversation().ToReady();
        at.Says("""{"t":"closing","code":4202,"cause":"moved","retry":"resume","resumable":true}""");
        at.Pass(at.Options.CloseTimeout);
        Assert.Equal(2, at.Dialed.Count);
    }

    [Fact]
    public void Drain_makes_the_next_connection_before_it_leaves_the_old()
    {
        var at = new Conversation().ToReady();
        var old = at.Link;
        at.Send("a");
        at.Written();
        at.Says("""{"t":"data","s":1,"b":1}""");
        at.Take();
        at.Says("""{"t":"drain","delay":1000,"by":1700000030000}""");
        Assert.Equal(ConnectionState.Draining, old.State);
        at.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(2, at.Dialed.Count);
        Assert.Equal("""{"t":"ack","a":1}""", Assert.Single(at.Written(old)));
        at.Connect();
        at.Says(Conversation.Open);
        Assert.Contains("\"received\":1", Assert.Single(at.Written()), StringComparison.Ordinal);

        // The old one still works, but acknowledges nothing above what the new hello told.
        at.Says("""{"t":"data","s":2,"b":2}""", old);
        at.Take();
        at.Send("b");
        at.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal("""{"t":"data","s":2,"id":"b","b":1}""", Assert.Single(at.Written(old)));
        at.Says(Conversation.Authed);
        at.Says(Conversation.Ready(generation: 2, attempt: 2, resume: "resumed", received: 1, replayTo: 2));
        Assert.Equal(4901, Assert.Single(at.Effects.OfType<Effect.Close>()).Code);
        Assert.Empty(at.Written(old));
        at.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal("""{"t":"data","s":2,"id":"b","a":2,"b":1}""", string.Concat(at.Written()));
        at.Says("""{"t":"data","s":2,"b":2}""");
        Assert.Empty(at.Take());
        Assert.Null(at.Finished);
    }

    [Fact]
    public void Next_connection_that_fails_is_tried_again_while_the_old_one_works()
    {
        var at = new Conversation().ToReady();
        var old = at.Link;
        at.Says("""{"t":"drain","delay":0,"by":1700000030000}""");
        at.Pass(TimeSpan.Zero);
        at.Ended(new HttpAnswer(503, "draining", TimeSpan.FromSeconds(2)).ToEnding(true, null));
        at.Send("a");
        Assert.Single(at.Written(old));
        at.Pass(TimeSpan.FromSeconds(2));
        Assert.Equal(3, at.Dialed.Count);
        at.Ended(Ending.Of(4202, "moved"), old);
        Assert.Null(at.Finished);
        at.Attach(Conversation.Ready(generation: 2, attempt: 2, resume: "resumed"));
        Assert.Single(at.Written());
    }

    [Fact]
    public void Superseded_by_its_own_given_up_connection_resumes_by_a_strangers_stops()
    {
        var at = new Conversation().ToReady();
        var old = at.Link;
        at.Says("""{"t":"drain","delay":0,"by":1700000030000}""");
        at.Pass(TimeSpan.Zero);
        at.Connect();
        at.Says(Conversation.Open);
        at.Written();
        at.Ended();
        at.Ended(Ending.Of(4031, "superseded"), old);
        Assert.Null(at.Finished);
        at.Pass(TimeSpan.FromSeconds(1));
        at.Attach(Conversation.Ready(generation: 3, attempt: 3, resume: "resumed"));
        at.Ended(Ending.Of(4031, "superseded"));
        Assert.Equal("superseded", at.Finished!.Cause);
    }

    [Fact]
    public void Credentials_are_refreshed_before_the_server_asks_and_when_it_asks()
    {
        var at = new Conversation(new AirlockClientOptions { Token = static _ => ValueTask.FromResult<string?>("t") });
        at.Do(core => core.Start(at.Now));
        at.Connect();
        at.Says(Conversation.Open);
        at.Written();
        at.Says(Conversation.Authed.Replace("\"refreshBefore\":null", "\"refreshBefore\":1700000100000", StringComparison.Ordinal));
        at.Says(Conversation.Ready());
        at.Pass(TimeSpan.FromSeconds(49));
        at.Says("""{"t":"ping"}""");
        at.Pass(TimeSpan.FromSeconds(30));
        Assert.Empty(at.Effects.OfType<Effect.FetchToken>());
        at.Pass(TimeSpan.FromSeconds(1));
        Assert.Single(at.Effects.OfType<Effect.FetchToken>());
        at.Says("""{"t":"refresh","by":1700000100000}""");
        Assert.Single(at.Effects.OfType<Effect.FetchToken>());
        at.Written();

        // No token now: it is asked for again.
        at.Do(core => core.TokenFetched(at.Link, null, at.Now));
        at.Pass(TimeSpan.FromSeconds(5));
        Assert.Equal(2, at.Effects.OfType<Effect.FetchToken>().Count());
        at.Do(core => core.TokenFetched(at.Link, "fresh", at.Now));
        Assert.Equal(["""{"t":"refresh","token":"fresh"}"""], at.Written());
        at.Says(Conversation.Authed);
        at.Says("""{"t":"refresh","by":1700000100000}""");
        Assert.Equal(3, at.Effects.OfType<Effect.FetchToken>().Count());
    }

    [Fact]
    public void Stripped_carrier_is_named_and_hello_carries_the_token()
    {
        foreach (var (carriers, stripped) in new[] { ("[]", true), ("[\"authorization\"]", false) })
        {
            var at = new Conversation();
            at.Do(core => core.Start(at.Now));
            at.Connect(Offer.Of("secret", null, CredentialCarrier.AuthorizationHeader));
            at.Says(Conversation.Open.Replace("\"carriers\":[]", $"\"carriers\":{carriers}", StringComparison.Ordinal));
            var hello = Assert.Single(at.Written());
            Assert.Contains("\"sent\":[\"authorization\"]", hello, StringComparison.Ordinal);
            Assert.Equal(stripped, hello.Contains("\"auth\":{\"token\":\"secret\"}", StringComparison.Ordinal));
            Assert.Equal(stripped ? ["authorization"] : [], at.Changes.SelectMany(static change => change.Stripped));
        }
    }

    [Fact]
    public void Messages_of_one_user_are_never_sent_as_another()
    {
        var at = new Conversation().ToReady();
        at.Send("a");
        at.Written();
        at.Ended();
        at.Pass(TimeSpan.Zero);
        at.Connect();
        at.Says(Conversation.Open);
        at.Written();
        at.Says(Conversation.Authed.Replace("ada", "bob", StringComparison.Ordinal));
        Assert.Equal("principal_changed", Assert.Single(at.Effects.OfType<Effect.Settle>()).Refusal!.Cause);
        at.Says(Conversation.Ready(session: "s-2"));
        Assert.Empty(at.Written());
        at.Send("b");
        Assert.Equal(["""{"t":"data","s":1,"id":"b","b":1}"""], at.Written());
    }

    [Fact]
    public void Bye_follows_everything_that_was_sent()
    {
        var at = new Conversation().ToReady(Conversation.Ready(window: 1));
        at.Send("a");
        at.Send("b");
        at.Do(core => core.Bye(at.Now));
        Assert.DoesNotContain("bye", string.Concat(at.Written()), StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => at.Send("c"));
        at.Says("""{"t":"ack","a":1,"d":1}""");
        Assert.Equal("""[{"t":"data","s":2,"id":"b","b":1},{"t":"bye"}]""", Assert.Single(at.Written()));
        at.Ended();
        at.Pass(TimeSpan.Zero);
        at.Attach(Conversation.Ready(generation: 2, attempt: 2, resume: "resumed", window: 1, received: 2, done: 2));
        Assert.Equal(["""{"t":"bye"}"""], at.Written());
        at.Ended(Ending.Of(1000, "bye"));
        Assert.Equal("bye", at.Finished!.Cause);
    }

    [Fact]
    public void Session_that_ended_unheard_after_bye_is_no_loss()
    {
        var at = new Conversation().ToReady();
        at.Send("a");
        at.Do(core => core.Bye(at.Now));
        at.Written();
        at.Says("""[{"t":"data","s":1,"re":1,"try":1,"b":1},{"t":"ack","a":1,"d":1}]""");
        Assert.Empty(at.Written());
        // Nobody reads it: it counts all the same.
        at.Pass(at.Options.CloseTimeout);
        Assert.Equal(["""{"t":"ack","a":1}"""], at.Written());
        at.Ended();
        at.Pass(TimeSpan.Zero);
        at.Attach(Conversation.Ready(session: "s-2", more: ",\"lost\":[]"));
        Assert.Equal(["""{"t":"bye"}"""], at.Written());
        at.Ended(Ending.Of(1000, "bye"));
        Assert.Equal("bye", at.Finished!.Cause);
        Assert.Equal(MessageKind.Data, Assert.Single(at.Take()).Kind);
    }

    [Fact]
    public void Bye_is_kept_with_the_position_and_an_older_state_has_none()
    {
        var before = new Conversation().ToReady();
        before.Send("a");
        before.Written();
        before.Do(core => core.Bye(before.Now));
        var kept = System.Text.Json.JsonSerializer.Serialize(before.Core.Session.Export());
        var at = Restored(kept);
        at.Send("b");
        at.Do(core => core.Start(at.Now));
        at.Attach(Conversation.Ready(generation: 2, attempt: 2, resume: "resumed", received: 1));
        Assert.Equal(["""{"t":"bye"}"""], at.Written());

        var older = kept.Replace(",\"Bye\":1", "", StringComparison.Ordinal);
        Assert.NotEqual(kept, older);
        Assert.Null(Restored(older).Core.Session.Bye);
        Assert.Throws<ArgumentException>(() => Restored(kept.Replace("\"Bye\":1", "\"Bye\":-1", StringComparison.Ordinal)));

        static Conversation Restored(string json)
        {
            var state = System.Text.Json.JsonSerializer.Deserialize<AirlockClientState>(json)!;
            state.Check();
            return new Conversation(state: state);
        }
    }

    [Fact]
    public void What_was_sent_after_a_bye_was_never_written_by_an_earlier_process()
    {
        AirlockClientState.Message[] messages = [new("a", "1", false), new("b", "2", false)];
        var at = new Conversation(state: new() { Instance = "instance", User = "ada", Session = "s-1", Attempt = 1, Generation = 1, Bye = 1, Messages = messages });
        at.Do(core => core.Start(at.Now));
        // The server has a second message: it is not the one that waits here.
        at.Attach(Conversation.Ready(generation: 2, attempt: 2, resume: "resumed", received: 2));
        Assert.Equal("session_shared", at.Changes.Last(static change => change.Cause is not null).Cause);
    }

    [Fact]
    public void Restored_client_goes_on_where_the_exported_one_stood()
    {
        var before = new Conversation().ToReady();
        before.Send("a");
        before.Send("b", "\"payload\"");
        before.Written();
        before.Says("""[{"t":"ack","a":2,"d":1},{"t":"data","s":1,"re":2,"try":1,"p":true,"b":"part"},{"t":"data","s":2,"b":"unhandled"}]""");
        before.Do(core => core.Handle(before.Now));
        var state = System.Text.Json.JsonSerializer.Deserialize<AirlockClientState>(System.Text.Json.JsonSerializer.Serialize(before.Core.Session.Export()))!;
        state.Check();

        var at = new Conversation(state: state);
        at.Do(core => core.Start(at.Now));
        at.Connect();
        at.Says(Conversation.Open);
        Assert.Contains("""resume":{"session":"s-1","attempt":2,"received":1}""", Assert.Single(at.Written()), StringComparison.Ordinal);
        at.Says(Conversation.Authed);
        at.Says(Conversation.Ready(generation: 2, attempt: 2, resume: "resumed", received: 1, done: 1, replayTo: 2));
        Assert.Equal(["""{"t":"data","s":2,"id":"b","b":"payload"}"""], at.Written());
        at.Says("""[{"t":"data","s":2,"b":"unhandled"},{"t":"data","s":3,"re":1,"try":1,"b":"late"}]""");
        Assert.Equal([(null, "unhandled"), ("a", "late")], at.Take().Select(static message => (message.Re, message.As<string>())));
    }

    [Theory]
    [InlineData("""{"t":"end","s":1,"re":1,"try":1,"stopped":true}""", "Stopped")]
    [InlineData("""{"t":"nack","s":1,"re":1,"cause":"handler_failed"}""", "handler_failed")]
    [InlineData("""{"t":"nack","s":1,"re":1,"cause":"duplicate","status":"pending"}""", "duplicate pending")]
    [InlineData("""{"t":"data","s":1,"re":1,"try":1,"b":"answer"}""", "Finished")]
    public async Task How_a_message_ended_is_kept_until_its_done_is_told_across_a_restart(string frame, string outcome)
    {
        var before = new Conversation().ToReady();
        before.Send("a");
        before.Written();
        before.Says(frame);
        before.Take();
        var state = System.Text.Json.JsonSerializer.Deserialize<AirlockClientState>(System.Text.Json.JsonSerializer.Serialize(before.Core.Session.Export()))!;
        state.Check();

        var at = new Conversation(state: state);
        var receipt = Assert.Single(at.Core.Session.Outbox.Messages).Receipt;
        at.Do(core => core.Start(at.Now));
        // That frame was handled: it does not come again.
        at.Attach(Conversation.Ready(generation: 2, attempt: 2, resume: "resumed", received: 1, done: 1, replayTo: 1));
        Assert.Equal(outcome, await OutcomeAsync(at, receipt));
        Assert.Empty(at.Core.Session.Outbox.Untold);
    }

    [Fact]
    public void An_exported_state_has_no_try_of_another_session_than_its_own()
    {
        var at = new Conversation().ToReady();
        at.Send("a");
        at.Written();
        at.Says("""{"t":"data","s":1,"re":1,"try":1,"p":true,"b":"part"}""");
        at.Do(core => core.Handle(at.Now));
        Assert.Single(at.Core.Session.Export().Open);
        at.Ended();
        at.Pass(TimeSpan.FromSeconds(1));
        at.Attach(Conversation.Ready(session: "s-2", more: ",\"lost\":[]"));
        at.Written();
        at.Says("""{"t":"data","s":1,"re":1,"try":1,"p":true,"b":"part"}""");
        // The application has not yet taken that the first session's try is void, and has nothing of the second.
        Assert.Equal(("s-2", 0), (at.Core.Session.Export().Session, at.Core.Session.Export().Open.Count));
        Assert.Equal([MessageKind.Void, MessageKind.Lost, MessageKind.Data], at.Take().Select(static message => message.Kind));
        Assert.Equal([new(1, 1, "a")], at.Core.Session.Export().Open);
    }

    [Fact]
    public async Task What_is_known_to_have_ended_is_not_sent_again_in_a_new_session()
    {
        var before = new Conversation().ToReady();
        var receipts = new[] { "stopped", "refused", "open" }.Select(id => before.Send(id)).ToArray();
        before.Written();
        before.Says("""[{"t":"end","s":1,"re":1,"try":1,"stopped":true},{"t":"nack","s":2,"re":2,"cause":"handler_failed"}]""");
        before.Take();
        var state = before.Core.Session.Export();
        before.Ended();
        before.Pass(TimeSpan.FromSeconds(1));
        before.Attach(Conversation.Ready(session: "s-2", more: ",\"lost\":[]"));
        Assert.Equal(["""{"t":"data","s":1,"id":"open","b":1}"""], before.Written());
        Assert.Equal(["Stopped", "handler_failed"], [await OutcomeAsync(before, receipts[0]), await OutcomeAsync(before, receipts[1])]);

        var at = new Conversation(state: state);
        at.Do(core => core.Start(at.Now));
        at.Attach(Conversation.Ready(session: "s-2", more: ",\"lost\":[]"));
        Assert.Equal(["""{"t":"data","s":1,"id":"open","b":1}"""], at.Written());
        Assert.Equal(1, at.Core.Session.Outbox.Bytes);
    }

    [Theory]
    [InlineData("""{"t":"data","s":2,"b":1}""")]
    [InlineData("""[{"t":"data","s":1,"b":1},{"t":"data","s":1,"b":1}]""")]
    [InlineData("""{"t":"data","s":1,"re":2,"try":1,"b":1}""")]
    [InlineData("""{"t":"nack","s":1,"re":2,"cause":"handler_failed"}""")]
    [InlineData("""{"t":"ack","a":2,"d":0}""")]
    [InlineData("""{"t":"ack","a":1,"d":2}""")]
    [InlineData("""[{"t":"ack","a":1,"d":1},{"t":"ack","a":1,"d":0}]""")]
    [InlineData("""[{"t":"ack","a":1,"d":0},{"t":"ack","a":0,"d":0}]""")]
    [InlineData("""{"t":"open","v":1,"connection":"c-1","now":1,"deadlines":{"hello":1,"authentication":1,"gate":1,"attach":1},"hold":{"messages":8,"bytes":1},"limits":{"message":1,"frames":1},"carriers":[]}""")]
    [InlineData("""{"t":"ready","session":"s-1","generation":2,"attempt":1,"resume":"new","window":1,"idle":1,"received":0,"done":0,"replayTo":0}""")]
    [InlineData("""{"t":"closing","code":4202,"cause":"moved","retry":"resume","retryAfter":99999999999,"resumable":true}""")]
    [InlineData("""[{"t":"closing","code":4202,"cause":"moved","retry":"resume","resumable":true},{"t":"data","s":1,"b":1}]""")]
    public void Server_that_breaks_the_protocol_is_left_with_4902(string text)
    {
        var at = new Conversation().ToReady();
        at.Send("a");
        at.Written();
        at.Says(text);
        Assert.Equal(("server_violation", 4902), (at.Finished!.Cause, at.Finished.Code));
        Assert.Equal(4902, Assert.Single(at.Effects.OfType<Effect.Close>()).Code);
        Assert.Empty(at.Written());
        at.Pass(TimeSpan.FromHours(1));
        Assert.Single(at.Dialed);
    }

    [Theory]
    [InlineData("s-2", 2, 1, 0, 1)]
    [InlineData("s-1", 1, 1, 0, 1)]
    [InlineData("s-1", 2, 2, 0, 1)]
    [InlineData("s-1", 2, 0, 0, 1)]
    [InlineData("s-1", 2, 1, 0, 0)]
    public void Resume_that_cannot_be_is_left_with_4902(string session, long generation, long received, long done, long replayTo)
    {
        var at = new Conversation().ToReady();
        at.Send("a");
        at.Written();
        at.Says("""[{"t":"ack","a":1,"d":0},{"t":"data","s":1,"b":1}]""");
        at.Ended();
        at.Pass(TimeSpan.Zero);
        at.Attach(Conversation.Ready(session, generation, 2, "resumed", received: received, done: done, replayTo: replayTo));
        Assert.Equal("server_violation", at.Finished!.Cause);
    }

    [Fact]
    public void Unknown_numbered_frame_counts_as_received_and_in_its_turn_as_handled()
    {
        var at = new Conversation().ToReady();
        at.Send("a");
        at.Written();
        at.Says("""[{"t":"weather"},{"t":"weather","s":"1"},{"t":"data","s":1,"b":1,"mood":"good"},{"t":"weather","s":2,"a":1,"d":1},{"t":"weather","s":3}]""");
        Assert.Equal(MessageOutcome.Finished, Assert.Single(at.Effects.OfType<Effect.Settle>()).Outcome);
        Assert.Equal(3, at.Core.Session.Inbox.Arrived);
        Assert.Equal(0, at.Core.Session.Inbox.Handled);
        Assert.Single(at.Take());
        Assert.Equal(3, at.Core.Session.Inbox.Handled);
        // With nothing before it, it is handled at once.
        at.Says("""{"t":"weather","s":4}""");
        at.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal("""{"t":"ack","a":4}""", Assert.Single(at.Written()));
        Assert.Null(at.Finished);
        at.Says("""{"t":"weather","s":6}""");
        Assert.Equal("server_violation", at.Finished!.Cause);
    }

    [Fact]
    public void Gap_is_given_in_its_turn()
    {
        var at = new Conversation().ToReady();
        at.Says("""[{"t":"data","s":1,"b":1},{"t":"gap","s":2,"missed":7},{"t":"data","s":3,"b":1}]""");
        Assert.Equal([(MessageKind.Data, 1, 0), (MessageKind.Gap, 2, 7), (MessageKind.Data, 3, 0)], at.Take().Select(static message => (message.Kind, message.Sequence, message.Missed)));
    }

    [Fact]
    public void Proof_is_given_back_and_survives_the_process()
    {
        var at = new Conversation();
        at.Do(core => core.Start(at.Now));
        at.Connect();
        at.Says(Conversation.Open);
        at.Written();
        at.Says(Conversation.Authed.Replace("\"ada\"", "null", StringComparison.Ordinal));
        at.Says(Conversation.Ready(more: ",\"proof\":\"p-1\""));
        at.Send("a");
        at.Written();
        var state = System.Text.Json.JsonSerializer.Deserialize<AirlockClientState>(System.Text.Json.JsonSerializer.Serialize(at.Core.Session.Export()))!;
        state.Check();
        Assert.DoesNotContain("p-1", state.ToString(), StringComparison.Ordinal);
        foreach (var bad in new[] { "", "a b", "é", new string('x', 1025) })
        {
            Assert.Throws<ArgumentException>(() => (state with { Proof = bad }).Check());
        }

        var next = new Conversation(state: state);
        next.Do(core => core.Start(next.Now));
        next.Connect();
        next.Says(Conversation.Open);
        Assert.Contains(""","resume":{"session":"s-1","attempt":2,"received":0,"proof":"p-1"}""", Assert.Single(next.Written()), StringComparison.Ordinal);
        // The older server's null and the newer one's anonymous id are one user.
        next.Says(Conversation.Authed.Replace("\"ada\"", "\"anonymous-7\",\"anonymous\":true", StringComparison.Ordinal));
        next.Says(Conversation.Ready(generation: 2, attempt: 2, resume: "resumed"));
        Assert.Single(next.Written());
    }

    [Fact]
    public void Loss_that_was_not_told_is_told_by_the_next_process()
    {
        var before = new Conversation().ToReady();
        before.Send("a");
        before.Written();
        before.Says("""[{"t":"ack","a":1,"d":0},{"t":"data","s":1,"re":1,"try":1,"p":true,"b":1}]""");
        before.Take();
        before.Ended(Ending.Of(4107, "session_ended"));
        var state = System.Text.Json.JsonSerializer.Deserialize<AirlockClientState>(System.Text.Json.JsonSerializer.Serialize(before.Core.Session.Export()))!;
        state.Check();

        var at = new Conversation(state: state).ToReady(Conversation.Ready(session: "s-2"));
        Assert.Equal(["""{"t":"data","s":1,"id":"a","b":1}"""], at.Written());
        var told = at.Take();
        Assert.Equal([MessageKind.Void, MessageKind.Lost], told.Select(static message => message.Kind));
        // What was handled is not lost.
        Assert.Equal([new LostRange(Direction.Down, 2, null)], told[1].Lost);
    }

    [Fact]
    public void Server_that_has_what_was_never_written_is_left_with_4902()
    {
        var at = new Conversation().ToReady(Conversation.Ready(window: 1));
        at.Send("a");
        at.Written();
        at.Send("b");
        at.Ended();
        at.Pass(TimeSpan.Zero);
        at.Attach(Conversation.Ready(generation: 2, attempt: 2, resume: "resumed", received: 2));
        Assert.Equal("server_violation", at.Finished!.Cause);
    }

    private static string Gate(string name, bool required, string state) =>
        $$"""{"t":"gate","name":"{{name}}","required":{{(required ? "true" : "false")}},"state":"{{state}}","elapsed":1,"deadline":null,"retryAfter":null}""";

    /// <summary>What the sender of a message was told of it.</summary>
    private static async Task<string> OutcomeAsync(Conversation at, Receipt receipt)
    {
        foreach (var settle in at.Effects.OfType<Effect.Settle>().Where(settle => settle.Receipt == receipt))
        {
            if (settle.Refusal is { } refusal)
            {
                receipt.Fail(refusal);
            }
            else
            {
                receipt.Finish(settle.Outcome);
            }
        }

        Assert.True(receipt.Done.IsCompleted);
        try
        {
            return $"{await receipt.Done}";
        }
        catch (AirlockRefusedException refused)
        {
            return refused.Status is { } status ? $"{refused.Cause} {status}" : refused.Cause;
        }
    }
}
