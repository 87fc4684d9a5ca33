using System.Text;
using Airlock.Core;
using Airlock.Tests.Harness;

namespace Airlock.Tests.Connections;

public sealed class ConnectionDeadlineTests
{
    private static readonly EndpointOptions _neverIdle = new() { Timeouts = new LifecycleTimeouts { Idle = TimeSpan.FromHours(1), Authentication = TimeSpan.FromMinutes(1) } };

    [Fact]
    public async Task No_hello_in_time_closes()
    {
        using var stage = await Stage.AtAsync(ConnectionState.Accepted);
        stage.Server.Time.Advance(TimeSpan.FromSeconds(10) - TimeSpan.FromMilliseconds(1));
        Assert.Equal(ConnectionState.Accepted, stage.Server.Server.StateOf(stage.Peer.Id));
        stage.Server.Time.Advance(TimeSpan.FromMilliseconds(1));
        await stage.Peer.ExpectClosingAsync(CloseReason.HelloTimeout);
        stage.Server.AssertNothingLeft();
    }

    [Fact]
    public async Task Authentication_that_takes_too_long_closes_and_its_late_success_is_given_back()
    {
        using var stage = await Stage.AtAsync(ConnectionState.Accepted, isAuthenticating: true);
        stage.Server.Time.Advance(TimeSpan.FromSeconds(10));
        await stage.Peer.ExpectClosingAsync(CloseReason.AuthenticationUnavailable);
        Assert.Equal(0, stage.Server.Endpoint.Scope.UserLimit.Count);
        stage.CompleteLate();
        await stage.Server.Log.WaitForAsync(stage.Peer.Id, "AuthenticationSucceeded: Closed -> Closed");
        stage.Server.AssertNothingLeft();
    }

    [Fact]
    public async Task A_required_gate_that_stays_closed_closes_with_a_hint()
    {
        using var stage = await Stage.AtAsync(ConnectionState.Authenticated);
        stage.Server.Server.Gates.Report("agent", GateState.Failed, TimeSpan.FromSeconds(9));
        Assert.Equal("failed", ((GateFrame)(await stage.Peer.NextAsync(FrameType.Gate)).Body!).State);
        stage.Server.Time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(9000, (await stage.Peer.ExpectClosingAsync(CloseReason.GateTimeout)).RetryAfter);
        stage.Server.AssertNothingLeft();
    }

    [Fact]
    public async Task An_attach_that_takes_too_long_closes_and_its_late_success_is_given_back()
    {
        using var stage = await Stage.AtAsync(ConnectionState.ServicesReady);
        stage.Server.Time.Advance(TimeSpan.FromSeconds(10));
        await stage.Peer.ExpectClosingAsync(CloseReason.StoreUnavailable);
        Assert.Equal(0, stage.Server.Store.Count);
        stage.CompleteLate();
        // The session came into being after all; it is detached and expires.
        Assert.Equal(1, stage.Server.Store.Count);
        stage.Server.AssertNothingLeft();
        stage.Server.Time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(0, stage.Server.Store.Count);
    }

    [Fact]
    public async Task A_silent_peer_is_asked_and_its_answer_counts()
    {
        using var server = new TestServer();
        var peer = await server.ReadyAsync();
        for (var round = 1; round <= 3; round++)
        {
            server.Time.Advance(TimeSpan.FromSeconds(25));
            await peer.NextAsync(FrameType.Ping);
            await peer.SendAsync(writer => writer.Write(FrameType.Pong));
            // The reply to this shows that the pong before it was read.
            await peer.DataAsync((round * 2) - 1, "1");
            await peer.AfterAcksAsync(FrameType.Data);
            server.Time.Advance(TimeSpan.FromSeconds(10));
            Assert.Equal(ConnectionState.ProcessingReady, server.Server.StateOf(peer.Id));
            server.Time.Advance(TimeSpan.FromSeconds(14.9));
            Assert.Equal(ConnectionState.ProcessingReady, server.Server.StateOf(peer.Id));
            server.Time.Advance(TimeSpan.FromSeconds(0.1));
            await peer.NextAsync(FrameType.Ping);
            await peer.SendAsync(writer => writer.Write(FrameType.Pong));
            await peer.AckAsync((round * 2) - 1);
            await peer.StopAsync(99);
            await peer.DataAsync(round * 2, "1");
            await peer.AfterAcksAsync(FrameType.Data);
            server.Time.Advance(TimeSpan.FromSeconds(10));
        }
    }

    [Fact]
    public async Task A_peer_that_does_not_answer_a_ping_is_given_up()
    {
        using var server = new TestServer();
        var peer = await server.ReadyAsync();
        server.Time.Advance(TimeSpan.FromSeconds(25));
        await peer.NextAsync(FrameType.Ping);
        server.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.True((await peer.ExpectClosingAsync(CloseReason.NoPong, resumes: true)).Resumable);
        server.AssertNothingLeft();
    }

    [Fact]
    public async Task A_peer_that_never_reads_is_closed_within_bounded_memory_and_can_resume()
    {
        var payload = Encoding.UTF8.GetBytes($"\"{new string('x', 10_000)}\"");
        using var server = new TestServer(
            handler: async (turn, stop) =>
            {
                for (var i = 0; i < 100; i++)
                {
                    await turn.StreamRawAsync(payload);
                }
            },
            options: _neverIdle);
        var peer = server.Connect(capacity: 4096, reads: false);
        await peer.HelloAsync();
        await peer.DataAsync(1, "1");
        await server.Log.WaitForAsync("WriteBlocked");
        server.Time.Advance(TimeSpan.FromSeconds(15));
        await server.Log.WaitForAsync("ProcessingReady -> Closing");
        server.Time.Advance(TimeSpan.FromSeconds(5));
        await peer.EndedAsync();
        Assert.InRange(peer.Stream.IncomingPeak, 4096, 4096 + (64 * 1024) + 11_000);
        server.AssertNothingLeft();

        peer.StartReading();
        await peer.NextAsync(FrameType.Open);
        await peer.NextAsync(FrameType.Authed);
        await peer.NextAsync(FrameType.Ready);
        var next = await server.ReadyAsync(peer.Resume(received: 0));
        Assert.Equal("resumed", next.Ready.Resume);
        Assert.Equal((peer.Id, 4310, "slow_consumer"), (next.Ready.Previous!.Connection, next.Ready.Previous.Code, next.Ready.Previous.Cause));
        for (var s = 1; s <= 100; s++)
        {
            Assert.Equal((long)s, (await next.AfterAcksAsync(FrameType.Data)).Sequence);
        }

        await next.AfterAcksAsync(FrameType.End);
    }

    [Fact]
    public async Task A_peer_that_reads_too_slowly_for_what_it_is_told_is_closed_before_that_piles_up()
    {
        using var server = new TestServer();
        server.Server.Gates.Declare("agent", required: true);
        var peer = server.Connect(capacity: 100, reads: false);
        await peer.HelloAsync();
        await server.Log.WaitForAsync("WriteBlocked");
        await server.Log.WaitForAsync("GatesChanged: Authenticated");
        var id = Assert.Single(server.Server.Connections);
        // Some 1,024 are enough, but for those that the connection takes together with the next. No time passes.
        for (var i = 0; i < 100_000 && server.Server.StateOf(id) == ConnectionState.Authenticated; i++)
        {
            server.Server.Gates.Report("agent", i % 2 == 0 ? GateState.Failed : GateState.Waiting);
        }

        await server.Log.WaitForAsync("CloseRequested: Authenticated -> Closing");
        peer.StartReading();
        await peer.ExpectClosingAsync(CloseReason.SlowConsumer);
        server.AssertNothingLeft();
    }

    [Fact]
    public async Task What_is_kept_for_a_peer_that_never_reads_stops_at_the_default_limit()
    {
        var payload = Encoding.UTF8.GetBytes($"\"{new string('x', (16 * 1024) - 2)}\"");
        var limit = new SessionLimits().OutboxBytesMax;
        var paused = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var server = new TestServer(handler: async (turn, stop) =>
        {
            while (!stop.IsCancellationRequested)
            {
                var streaming = turn.StreamRawAsync(payload);
                if (!streaming.IsCompleted)
                {
                    paused.TrySetResult();
                }

                await streaming;
            }
        });
        var peer = server.Connect(capacity: 4096, reads: false);
        await peer.HelloAsync();
        await peer.DataAsync(1, "1");
        await paused.Task.WaitAsync(TestServer.Patience, TestContext.Current.CancellationToken);
        await server.Log.WaitForAsync("WriteBlocked");
        server.Time.Advance(TimeSpan.FromSeconds(15));
        await server.Log.WaitForAsync("ProcessingReady -> Closing");
        server.Time.Advance(TimeSpan.FromSeconds(5));
        await peer.EndedAsync();
        await server.Log.WaitForAsync("4310 slow_consumer");
        server.AssertNothingLeft();

        var log = Assert.Single(await server.Store.FindAsync(SessionTarget.OfUser("test", "alice"), TestContext.Current.CancellationToken));
        Assert.Equal(limit, log.Positions.Appended * payload.Length);
        Assert.Equal(new PushOutcome(0, 1), await server.Server.Sessions.SendAsync(SessionTarget.OfSession(log.Id), 1, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Credentials_that_expire_close_after_new_ones_were_asked_for()
    {
        using var server = new TestServer(options: _neverIdle);
        server.Authenticate = (_, _, _, _) => new(AuthenticationOutcome.Accept(TestServer.UserOf(null), server.Time.GetUtcNow().AddSeconds(100)));
        var peer = await server.ReadyAsync();
        server.Time.Advance(TimeSpan.FromSeconds(80));
        var by = ((RefreshFrame)(await peer.NextAsync(FrameType.Refresh)).Body!).By;
        Assert.Equal(server.Time.GetUtcNow().AddSeconds(20).ToUnixTimeMilliseconds(), by);
        server.Time.Advance(TimeSpan.FromSeconds(20));
        await peer.ExpectClosingAsync(CloseReason.AuthenticationExpired, resumes: true);
        server.AssertNothingLeft();
    }

    [Fact]
    public async Task Expiry_pauses_while_new_credentials_are_validated()
    {
        using var server = new TestServer(options: _neverIdle);
        server.Authenticate = (_, _, _, _) => new(AuthenticationOutcome.Accept(TestServer.UserOf(null), server.Time.GetUtcNow().AddSeconds(100)));
        var peer = await server.ReadyAsync();
        var validating = new TaskCompletionSource<string?>();
        (bool IsRefresh, string? Token)? asked = null;
        server.Authenticate = async (_, credentials, refresh, _) =>
        {
            asked = (refresh, credentials?.Token);
            return AuthenticationOutcome.Accept(TestServer.UserOf(await validating.Task), server.Time.GetUtcNow().AddSeconds(100));
        };
        server.Time.Advance(TimeSpan.FromSeconds(90));
        await peer.NextAsync(FrameType.Refresh);
        await peer.SendAsync("""{"t":"refresh","token":"new"}""");
        await server.Log.WaitForAsync("RefreshReceived");
        server.Time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(ConnectionState.ProcessingReady, server.Server.StateOf(peer.Id));
        validating.SetResult("alice");
        var authed = (AuthedFrame)(await peer.NextAsync(FrameType.Authed)).Body!;
        Assert.Equal((true, "new"), asked);
        Assert.Equal(server.Time.GetUtcNow().AddSeconds(100).ToUnixTimeMilliseconds(), authed.Expires);
        server.Time.Advance(TimeSpan.FromSeconds(79));
        Assert.Equal(ConnectionState.ProcessingReady, server.Server.StateOf(peer.Id));
    }

    [Theory]
    [InlineData("bob", "principal_changed")]
    [InlineData(null, "token_invalid")]
    public async Task New_credentials_that_do_not_fit_close(string? user, string cause)
    {
        using var server = new TestServer();
        var peer = await server.ReadyAsync();
        server.Authenticate = (_, _, _, _) => new(user is null ? AuthenticationOutcome.Refuse(CloseReason.TokenInvalid) : AuthenticationOutcome.Accept(TestServer.UserOf(user)));
        await peer.SendAsync("""{"t":"refresh","token":"new"}""");
        await peer.ExpectClosingAsync(CloseReason.All.Single(r => r.Cause == cause), resumes: true);
        server.AssertNothingLeft();
    }

    [Fact]
    public async Task A_second_refresh_during_the_first_closes()
    {
        using var server = new TestServer();
        var peer = await server.ReadyAsync();
        var validating = new TaskCompletionSource();
        server.Authenticate = async (_, _, _, _) =>
        {
            await validating.Task;
            return AuthenticationOutcome.Accept(TestServer.UserOf(null));
        };
        await peer.SendAsync("""[{"t":"refresh","token":"one"},{"t":"refresh","token":"two"}]""");
        await peer.ExpectClosingAsync(CloseReason.RefreshInvalid, resumes: true);
        validating.SetResult();
        server.AssertNothingLeft();
    }

    [Fact]
    public async Task A_silent_peer_in_plain_mode_stays()
    {
        using var server = new TestServer();
        var peer = server.Connect(r => r with { IsPlain = true, SubProtocol = null });
        await server.Log.WaitForAsync("-> ProcessingReady");
        for (var i = 0; i < 10; i++)
        {
            server.Time.Advance(TimeSpan.FromSeconds(20));
        }

        await peer.SendAsync("still here");
        Assert.Equal("still here", Encoding.UTF8.GetString(await peer.NextMessageAsync()));
    }
}
