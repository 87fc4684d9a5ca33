using Airlock.Core;
using Airlock.Tests.Harness;

namespace Airlock.Tests.Connections;

/// <summary>What happens once happens again: each time is as the first, and what was taken for one is there for the next.</summary>
public sealed class ConnectionAgainTests
{
    private const int Times = 4;
    private static readonly EndpointOptions _patient = new() { Timeouts = new LifecycleTimeouts { Idle = TimeSpan.FromHours(1) } };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_client_that_is_cut_again_and_again_is_resumed_each_time_in_the_one_place_that_it_may_have()
    {
        using var measures = new Measures();
        using var server = new TestServer(meters: measures, options: _patient with { ConnectionsPerUserMax = 1, ConnectionsPerAddressMax = 1 });
        TestPeer? before = null;
        for (var time = 1; time <= Times; time++)
        {
            var peer = await ReadyAsync(server, before?.Resume(received: time - 1));
            Assert.Equal<(string, long, long, long, string?, string?)>(
                (before is null ? "new" : "resumed", time, time, time - 1, before?.Id, before is null ? null : "transport_lost"),
                (peer.Ready.Resume, peer.Ready.Attempt, peer.Ready.Generation, peer.Ready.Received, peer.Ready.Previous?.Connection, peer.Ready.Previous?.Cause));
            await peer.DataAsync(time, $"{time}");
            var data = await peer.AfterAcksAsync(FrameType.Data);
            Assert.Equal(((long)time, $"{time}"), (data.Sequence, TestPeer.TextOf(data)));
            peer.Stream.Cut();
            await peer.EndedAsync();
            server.AssertNothingLeft();
            Assert.Equal(new Dictionary<string, double> { ["sessions state=detached"] = 1 }, measures.Collect());
            before = peer;
            server.Time.Advance(TimeSpan.FromSeconds(90));
        }

        // And the last time it stays away.
        server.Time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal((0, 0), (server.Store.Count, measures.Collect().Count));
    }

    [Fact]
    public async Task A_session_is_handed_over_again_and_again_and_each_connection_before_is_told()
    {
        // The old one and the new one are there at once, and never a third.
        using var server = new TestServer(options: _patient with { ConnectionsPerUserMax = 2, ConnectionsPerAddressMax = 2 });
        var peer = await ReadyAsync(server, null);
        for (var time = 1; time <= Times; time++)
        {
            await peer.DataAsync(time, $"{time}");
            await peer.AfterAcksAsync(FrameType.Data);
            var next = await ReadyAsync(server, peer.Resume(received: time));
            Assert.Equal((time + 1L, "superseded", peer.Id), (next.Ready.Generation, next.Ready.Previous!.Cause, next.Ready.Previous.Connection));
            await peer.ExpectClosingAsync(CloseReason.Superseded, resumes: true);
            Assert.Equal((1, 1L, 0L), (server.Server.ConnectionCount, server.Store.Census.Live, server.Store.Census.Detached));
            peer = next;
        }

        await peer.CloseAsync();
        await peer.EndedAsync();
        server.AssertNothingLeft();
    }

    [Fact]
    public async Task A_user_who_comes_back_an_hour_later_is_one_user_with_one_session()
    {
        using var server = new TestServer();
        var (sessions, user) = (server.Server.Sessions, SessionTarget.OfUser("test", "alice"));
        for (var time = 1; time <= Times; time++)
        {
            Assert.Equal(new PushOutcome(0, 0), await sessions.SendAsync(user, "nobody is here", Stop));
            var peer = await server.ReadyAsync();
            Assert.Equal(("new", 1L), (peer.Ready.Resume, peer.Ready.Generation));
            Assert.Null(peer.Ready.Previous);
            Assert.True(await sessions.JoinAsync(peer.Ready.Session, "room", Stop));
            Assert.Equal((new PushOutcome(1, 0), new PushOutcome(1, 0)), (await sessions.SendAsync(user, 1, Stop), await sessions.SendAsync(SessionTarget.OfGroup("room"), 2, Stop)));
            // The id of an hour ago is forgotten.
            await peer.DataAsync(1, "3", id: "same");
            var data = new List<string>();
            while (data.Count < 3)
            {
                data.Add(TestPeer.TextOf(await peer.AfterAcksAsync(FrameType.Data)));
            }

            Assert.Equal(["1", "2", "3"], data);
            await peer.AckAsync(3);
            await peer.ByeAsync();
            await peer.ExpectClosingAsync(CloseReason.Bye);
            server.AssertNothingLeft();
            Assert.Equal((0, 0L, 1), (server.Store.Count, LeftOvers.AlarmsOf(server.Store), server.Store.UserCount));
            Assert.Equal(new PushOutcome(0, 0), await sessions.SendAsync(SessionTarget.OfGroup("room"), "nobody is in", Stop));
            server.Time.Advance(TimeSpan.FromMinutes(61));
        }
    }

    [Fact]
    public async Task After_attaches_that_were_refused_the_next_is_judged_anew()
    {
        using var server = new TestServer(options: _patient with { ConnectionsPerUserMax = 2 });
        var peer = await server.ReadyAsync();
        for (var time = 1; time <= Times; time++)
        {
            for (var refused = 0; refused < 3; refused++)
            {
                var stale = await server.OpenAsync();
                await stale.HelloAsync(peer.Resume(received: 0, attempt: peer.Ready.Attempt));
                await stale.ExpectClosingAsync(CloseReason.StaleAttempt, resumes: true);
                Assert.Equal((1, 1), (server.Server.ConnectionCount, server.Store.Count));
            }

            var next = await server.ReadyAsync(peer.Resume(received: 0));
            Assert.Equal(("resumed", time + 1L), (next.Ready.Resume, next.Ready.Generation));
            await peer.ExpectClosingAsync(CloseReason.Superseded, resumes: true);
            peer = next;
        }
    }

    [Fact]
    public async Task Credentials_are_renewed_again_and_again_and_each_time_the_last_end_counts()
    {
        using var server = new TestServer(options: _patient);
        server.Authenticate = (_, _, _, _) => new(AuthenticationOutcome.Accept(TestServer.UserOf(null), server.Time.GetUtcNow().AddSeconds(100)));
        var peer = await server.ReadyAsync();
        for (var time = 1; time <= Times; time++)
        {
            server.Time.Advance(TimeSpan.FromSeconds(80));
            await peer.NextAsync(FrameType.Refresh);
            await peer.SendAsync("""{"t":"refresh","token":"new"}""");
            var authed = (AuthedFrame)(await peer.NextAsync(FrameType.Authed)).Body!;
            Assert.Equal(server.Time.GetUtcNow().AddSeconds(100).ToUnixTimeMilliseconds(), authed.Expires);
            await server.AtRestAsync(peer);
        }

        server.Time.Advance(TimeSpan.FromSeconds(80));
        await peer.NextAsync(FrameType.Refresh);
        await server.AtRestAsync(peer);
        server.Time.Advance(TimeSpan.FromSeconds(20));
        await peer.ExpectClosingAsync(CloseReason.AuthenticationExpired, resumes: true);
        server.AssertNothingLeft();
    }

    [Fact]
    public async Task A_gate_that_closes_again_is_told_again_and_holds_turns_again()
    {
        using var stage = await Stage.AtAsync(ConnectionState.ProcessingReady, options: _patient);
        var (gates, peer) = (stage.Server.Server.Gates, stage.Peer);
        for (var time = 1; time <= Times; time++)
        {
            gates.Report("agent", GateState.Failed);
            Assert.Equal("failed", ((GateFrame)(await peer.NextAsync(FrameType.Gate)).Body!).State);
            await peer.DataAsync(time, $"{time}");
            var ack = await peer.NextAsync(FrameType.Ack);
            Assert.Equal<(long?, long?)>((time, time - 1), (ack.Acked, ack.Done));
            gates.Report("agent", GateState.Open);
            // The answer and the word that the gate is open come in either order.
            List<Frame> heard = [];
            while (heard.Count < 2)
            {
                var frame = await peer.NextAsync();
                if (frame.Type != FrameType.Ack)
                {
                    heard.Add(frame);
                }
            }

            Assert.Equal("open", ((GateFrame)Assert.Single(heard, static frame => frame.Type == FrameType.Gate).Body!).State);
            Assert.Equal($"{time}", TestPeer.TextOf(Assert.Single(heard, static frame => frame.Type == FrameType.Data)));
            Assert.Equal(1, gates.WatcherCount);
            await stage.Server.AtRestAsync(peer);
        }
    }

    private static async Task<TestPeer> ReadyAsync(TestServer server, ResumeRequest? resume)
    {
        var peer = await server.OpenAsync(static request => request with { Address = "address" });
        await peer.HelloAsync(resume);
        await peer.NextAsync(FrameType.Authed);
        await peer.NextAsync(FrameType.Ready);
        await server.AtRestAsync(peer);
        return peer;
    }
}
