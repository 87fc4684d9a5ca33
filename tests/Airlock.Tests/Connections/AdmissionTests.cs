using System.Reflection;
using Airlock.Core;
using Airlock.Tests.Harness;
using Microsoft.Extensions.Logging;

namespace Airlock.Tests.Connections;

/// <summary>Who is let in, as whom, and what becomes of it if somebody else's code fails on the way.</summary>
public sealed class AdmissionTests
{
    // Those that are no answer never come here.
    public static TheoryData<string> Causes => new(CloseReason.All.Where(static reason => reason.Code != 1006).Select(static reason => reason.Cause));

    [Theory]
    [MemberData(nameof(Causes))]
    public async Task Who_is_refused_before_the_upgrade_is_told_when_to_come_back_unless_that_is_never(string cause)
    {
        var reason = CloseReason.All.First(each => each.Cause == cause);
        using var server = new TestServer();
        var peer = server.Connect(request => request with { Refuse = reason });
        await peer.EndedAsync();
        // Who goes away itself says when, in its drain.
        TimeSpan? retryAfter = CloseReason.AdviceFor(reason.Code) == RetryAdvice.Never || reason == CloseReason.Draining ? null : TimeSpan.FromSeconds(5);
        Assert.Equal((reason, retryAfter), peer.Upgrade.Refused);
    }

    [Theory]
    [InlineData("token_expired", null)]
    [InlineData("token_not_yet_valid", null)]
    [InlineData("authentication_unavailable", null)]
    [InlineData("token_invalid", "token_invalid")]
    [InlineData("forbidden", "forbidden")]
    [InlineData("another user", "principal_changed")]
    [InlineData("a bug", "internal_error")]
    public async Task A_refresh_that_is_not_accepted_ends_the_connection_unless_time_alone_is_in_the_way(string what, string? cause)
    {
        using var server = new TestServer { Expects = [typeof(InvalidDataException)] };
        var until = server.Time.GetUtcNow().AddHours(1);
        server.Authenticate = (_, _, refresh, _) => new(
            !refresh ? AuthenticationOutcome.Accept(TestServer.UserOf("alice"), until)
            : what == "another user" ? AuthenticationOutcome.Accept(TestServer.UserOf("eve"), until)
            : what == "a bug" ? throw new InvalidDataException("broken")
            : AuthenticationOutcome.Refuse(CloseReason.All.First(reason => reason.Cause == what)));
        var peer = await server.ReadyAsync();
        await peer.SendAsync(static writer => writer.Write(new RefreshFrame { Token = "new" }));
        if (cause is not null)
        {
            await peer.ExpectClosingAsync(CloseReason.All.First(reason => reason.Cause == cause), resumes: true);
            return;
        }

        // Once more until when the old ones are good.
        Assert.Equal(until.ToUnixTimeMilliseconds(), ((AuthedFrame)(await peer.NextAsync(FrameType.Authed)).Body!).Expires);
        await peer.DataAsync(1, "1");
        await peer.UntilDoneAsync(1);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task That_a_user_is_anonymous_is_told_of_who_is(bool isAnonymous)
    {
        using var server = new TestServer { Authenticate = (_, _, _, _) => new(AuthenticationOutcome.Accept(TestServer.UserOf("a-1") with { IsAnonymous = isAnonymous })) };
        var peer = await server.OpenAsync();
        await peer.HelloAsync();
        var authed = (AuthedFrame)(await peer.NextAsync(FrameType.Authed)).Body!;
        Assert.Equal(("a-1", isAnonymous ? true : null), (authed.User, authed.Anonymous));
    }

    [Fact]
    public async Task A_proof_that_cannot_be_made_is_none_and_its_session_is_given_back_as_any_other()
    {
        using var server = new TestServer
        {
            Expects = [typeof(InvalidDataException)],
            Authenticate = static (_, _, _, _) => new(AuthenticationOutcome.Accept(TestServer.UserOf("alice")) with { Prove = static _ => throw new InvalidDataException("no key") }),
        };
        var peer = await server.ReadyAsync();
        Assert.Null(peer.Ready.Proof);
        Assert.Contains(server.Log.Lines, line => line is { Level: LogLevel.Error, Exception: InvalidDataException } && line.Text == $"Connection {peer.Id}: authentication threw");
        peer.Stream.EndOutgoing();
        await peer.EndedAsync();
        Assert.Equal((1L, 1L), server.Store.Census);
    }

    [Fact]
    public async Task A_store_that_cannot_say_whether_the_session_of_a_proof_is_there_is_named_in_the_log_and_the_start_goes_on()
    {
        HeldStore? held = null;
        using var server = new TestServer(wrapStore: store => held = new HeldStore(store)) { Expects = [typeof(IOException)] };
        held!.Finding = Task.FromException(new IOException("The disk is full."));
        var peer = await server.OpenAsync();
        await peer.HelloAsync(new ResumeRequest { Session = "s", Attempt = 2, Received = 0, Proof = "p" });
        await peer.NextAsync(FrameType.Authed);
        await peer.NextAsync(FrameType.Ready);
        Assert.Contains(server.Log.Lines, line => line is { Level: LogLevel.Error, Exception: IOException } && line.Text == $"Connection {peer.Id}: the session store failed");
    }

    [Fact]
    public async Task No_secret_of_the_start_is_kept_once_the_connection_is_ready()
    {
        using var server = new TestServer();
        var first = await server.ReadyAsync();
        var peer = await server.OpenAsync();
        await peer.HelloAsync(first.Resume(0) with { Proof = "proof" }, "alice");
        await peer.NextAsync(FrameType.Authed);
        await peer.NextAsync(FrameType.Ready);
        await server.AtRestAsync(peer);
        var admission = Field<Admission>(server.Server.Find(peer.Id)!, "_admission")!;
        var hello = admission.Hello!;
        Assert.Equal(("test/1", null, null), (hello.Client, hello.Auth, hello.Resume!.Proof));
        Assert.Null(Field<string>(admission, "_proof"));
        Assert.Null(Field<string>(admission, "_refreshToken"));

        static T? Field<T>(object of, string name)
            where T : class => (T?)of.GetType().GetField(name, BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(of);
    }

    [Fact]
    public async Task Hint_of_a_gate_timeout_is_the_longest_of_the_required_gates_that_are_down()
    {
        using var server = new TestServer();
        foreach (var (name, required, state, seconds) in new[] { ("a", true, GateState.Failed, 9), ("b", true, GateState.Degraded, 30), ("c", false, GateState.Failed, 20), ("d", true, GateState.Waiting, 7) })
        {
            server.Server.Gates.Declare(name, required);
            server.Server.Gates.Report(name, state, TimeSpan.FromSeconds(seconds));
        }

        var peer = await server.OpenAsync();
        await peer.HelloAsync();
        await peer.NextAsync(FrameType.Authed);
        await server.AtRestAsync(peer);
        server.Time.Advance(server.Endpoint.Options.Timeouts.Gate);
        Assert.Equal(9000, (await peer.ExpectClosingAsync(CloseReason.GateTimeout)).RetryAfter);
    }
}
