using Airlock.Client.Tests.Reference;
using Airlock.Core;

namespace Airlock.Client.Tests;

/// <summary>How connections end, and what follows.</summary>
public sealed class ClientCoreEndingsTests
{
    [Theory]
    [InlineData(4900, "client_closed", false)]
    [InlineData(4031, "superseded", false)]
    [InlineData(4016, "stale_attempt", false)]
    [InlineData(1000, "bye", true)]
    [InlineData(4902, "server_violation", true)]
    [InlineData(4026, "forbidden", true)]
    public void What_has_arrived_is_given_after_the_end_unless_the_session_lives_on_for_somebody_else(int code, string cause, bool isGiven)
    {
        var at = new Conversation().ToReady();
        at.Says("""{"t":"data","s":1,"b":1}""");
        at.Do(core =>
        {
            switch (cause)
            {
                case "client_closed":
                    core.Leave(at.Now);
                    break;
                case "server_violation":
                    core.Violated(at.Link, "what it did", at.Now);
                    break;
                default:
                    core.Ended(at.Link, Ending.Of(code, cause), at.Now);
                    break;
            }
        });
        Assert.Equal((code, cause), (at.Finished!.Code, at.Finished.Cause));
        Assert.Equal(isGiven, at.Core.NextMessage is not null);
    }

    [Fact]
    public void A_connection_that_was_left_for_the_next_is_watched_no_more()
    {
        var at = new Conversation().ToReady(Conversation.Ready(idle: 10_000));
        var old = at.Link;
        at.Says("""{"t":"drain","delay":0,"by":1700000030000}""");
        at.Pass(TimeSpan.Zero);
        at.Attach(Conversation.Ready(generation: 2, attempt: 2, resume: "resumed", idle: 3_600_000));
        at.Written();
        // Its transport does not end, and nothing is heard there.
        at.Pass(TimeSpan.FromMinutes(10));
        Assert.Equal(2, at.Dialed.Count);
        Assert.Equal([4901], at.Effects.OfType<Effect.Close>().Select(static close => close.Code));
        Assert.Equal(ConnectionState.Closing, old.State);
        at.Send("a");
        Assert.Single(at.Written());
    }

    [Theory]
    [InlineData("http_400", 3)]
    [InlineData("a fault", 3)]
    [InlineData("token_expired", 3)]
    [InlineData("ticket_invalid", 3)]
    [InlineData("http_401", 3)]
    public void What_may_pass_is_tried_again_three_times_in_a_row_and_then_it_is_the_servers_word(string cause, int most)
    {
        var at = new Conversation(new AirlockClientOptions { Token = static _ => new("t") });
        at.Do(core => core.Start(at.Now));
        for (var times = 1; times <= most; times++)
        {
            at.Connect();
            at.Ended(End());
            Assert.Null(at.Finished);
            var delay = at.Changes.Last().RetryIn!.Value;
            if (cause is not ("http_400" or "a fault"))
            {
                // From a cache behind a slow clock: at least 1, 2, then 4 seconds.
                Assert.True(delay >= TimeSpan.FromSeconds(1 << (times - 1)), $"{delay}");
            }

            at.Pass(delay);
        }

        at.Connect();
        at.Ended(End());
        Assert.Equal(cause == "a fault" ? "server_violation" : cause, at.Finished!.Cause);

        Ending End() => cause switch
        {
            "a fault" => Ending.Refused(new System.Net.WebSockets.WebSocketException("no")),
            "http_400" or "http_401" => new HttpAnswer(int.Parse(cause[5..], System.Globalization.CultureInfo.InvariantCulture)).ToEnding(hasSession: false, origin: null),
            _ => Ending.Of(cause == "token_expired" ? 4022 : 4025, cause),
        };
    }

    [Fact]
    public void What_is_taken_in_between_begins_the_count_anew()
    {
        var at = new Conversation(new AirlockClientOptions { Token = static _ => new("t") });
        at.Do(core => core.Start(at.Now));
        for (var round = 1; round <= 3; round++)
        {
            for (var times = 1; times <= 3; times++)
            {
                at.Connect();
                Assert.Equal(times > 1 || round > 1 ? CredentialsReason.Expired : CredentialsReason.Connect, at.Link.Reason);
                at.Ended(Ending.Of(4022, "token_expired"));
                at.Pass(at.Core.Due!.Value - at.Now);
            }

            Assert.Equal(CredentialsReason.Expired, at.Link.Reason);
            at.Connect();
            at.Says(Conversation.Open);
            at.Written();
            at.Says(Conversation.Authed);
            at.Ended();
            at.Pass(at.Core.Due!.Value - at.Now);
            Assert.Equal(CredentialsReason.Connect, at.Link.Reason);
            at.Connect();
            at.Ended(Ending.Of(4203, "authentication_expired"));
            at.Pass(at.Core.Due!.Value - at.Now);
        }

        Assert.Null(at.Finished);
    }

    [Fact]
    public void Without_a_callback_to_ask_again_expired_credentials_are_final()
    {
        var at = new Conversation();
        at.Do(core => core.Start(at.Now));
        at.Connect();
        at.Ended(Ending.Of(4022, "token_expired"));
        Assert.Equal("token_expired", at.Finished!.Cause);
    }
}
