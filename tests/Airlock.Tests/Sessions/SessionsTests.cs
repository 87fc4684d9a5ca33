using Airlock.Core;
using Airlock.Tests.Harness;

namespace Airlock.Tests.Sessions;

public sealed class SessionsTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_message_reaches_a_session_a_user_or_a_group()
    {
        using var server = new TestServer();
        var sessions = server.Server.Sessions;
        var one = await server.ReadyAsync();
        var two = await server.ReadyAsync();
        var bob = await server.ReadyAsync(user: "bob");
        Assert.Equal(new PushOutcome(1, 0), await sessions.SendAsync(SessionTarget.OfSession(one.Ready.Session), "session", Cancel));
        Assert.Equal(new PushOutcome(2, 0), await sessions.SendAsync(SessionTarget.OfUser("test", "alice"), "user", Cancel));
        Assert.True(await sessions.JoinAsync(two.Ready.Session, "g", Cancel));
        Assert.True(await sessions.JoinAsync(bob.Ready.Session, "g", Cancel));
        Assert.False(await sessions.JoinAsync("s_none", "g", Cancel));
        Assert.Equal(new PushOutcome(2, 0), await sessions.SendAsync(SessionTarget.OfGroup("g"), "group", Cancel));
        Assert.True(await sessions.LeaveAsync(two.Ready.Session, "g", Cancel));
        Assert.Equal(new PushOutcome(1, 0), await sessions.SendAsync(SessionTarget.OfGroup("g"), "left", Cancel));
        Assert.Equal(default, await sessions.SendAsync(SessionTarget.OfGroup("none"), "nobody", Cancel));
        foreach (var (peer, expected) in new[] { (one, new[] { "\"session\"", "\"user\"" }), (two, ["\"user\"", "\"group\""]), (bob, ["\"group\"", "\"left\""]) })
        {
            foreach (var text in expected)
            {
                var frame = await peer.NextAsync(FrameType.Data);
                Assert.Equal((text, 0L, 0), (TestPeer.TextOf(frame), frame.Re, frame.Try));
            }
        }

        // A session that ends leaves its groups.
        Assert.Equal(1, await sessions.EndAsync(SessionTarget.OfSession(bob.Ready.Session), Cancel));
        await bob.ExpectClosingAsync(CloseReason.SessionEnded, resumes: true);
        Assert.Equal(default, await sessions.SendAsync(SessionTarget.OfGroup("g"), "nobody", Cancel));
    }

    [Fact]
    public async Task A_message_is_kept_for_a_client_that_is_away()
    {
        using var server = new TestServer();
        var peer = await server.ReadyAsync();
        Assert.Equal(1, await server.Server.Sessions.DisconnectAsync(SessionTarget.OfSession(peer.Ready.Session), Cancel));
        Assert.True((await peer.ExpectClosingAsync(CloseReason.Disconnected, resumes: true)).Resumable);
        Assert.Equal(new PushOutcome(1, 0), await server.Server.Sessions.SendAsync(SessionTarget.OfSession(peer.Ready.Session), 5, Cancel));
        var next = await server.ReadyAsync(peer.Resume(received: 0));
        Assert.Equal((1L, 4204), (next.Ready.ReplayTo, next.Ready.Previous!.Code));
        Assert.Equal("5", TestPeer.TextOf(await next.NextAsync(FrameType.Data)));
    }

    [Fact]
    public async Task Many_that_are_disconnected_at_once_are_each_told_when_to_come_back()
    {
        using var server = new TestServer();
        var sessions = server.Server.Sessions;
        var peers = new List<TestPeer>();
        for (var i = 0; i < 20; i++)
        {
            peers.Add(await server.ReadyAsync(user: $"user{i}"));
            await sessions.JoinAsync(peers[i].Ready.Session, "g", Cancel);
        }

        Assert.Equal(20, await sessions.DisconnectAsync(SessionTarget.OfGroup("g"), TimeSpan.FromSeconds(10), Cancel));
        var delays = new List<long>();
        foreach (var peer in peers)
        {
            delays.Add((await peer.ExpectClosingAsync(CloseReason.Disconnected, resumes: true)).RetryAfter!.Value);
        }

        Assert.All(delays, static delay => Assert.InRange(delay, 0, 10_000));
        Assert.InRange(delays.Max() - delays.Min(), 5_000, 10_000);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await sessions.DisconnectAsync(SessionTarget.OfGroup("g"), TimeSpan.FromHours(2), Cancel));
    }

    [Fact]
    public async Task A_full_outbox_is_reported()
    {
        using var server = new TestServer(options: new EndpointOptions { Session = new SessionLimits { OutboxEntriesMax = 2 } });
        var peer = await server.ReadyAsync();
        var target = SessionTarget.OfSession(peer.Ready.Session);
        await server.Server.Sessions.SendAsync(target, 1, Cancel);
        await server.Server.Sessions.SendAsync(target, 2, Cancel);
        Assert.Equal(new PushOutcome(0, 1), await server.Server.Sessions.SendAsync(target, 3, Cancel));
    }

    [Fact]
    public async Task A_client_that_can_is_told_how_many_pushes_it_missed()
    {
        using var server = new TestServer(options: new EndpointOptions { Session = new SessionLimits { OutboxEntriesMax = 2 } });
        var peer = await server.OpenAsync();
        Assert.Equal([Protocol.Gap], peer.Open.Can!);
        await peer.HelloAsync(TestPeer.Hello() with { Can = ["something_else", Protocol.Gap] });
        await peer.NextAsync(FrameType.Authed);
        await peer.NextAsync(FrameType.Ready);
        var target = SessionTarget.OfSession(peer.Ready.Session);
        for (var i = 1; i <= 1500; i++)
        {
            Assert.Equal(i <= 2 ? new PushOutcome(1, 0) : new PushOutcome(0, 1), await server.Server.Sessions.SendAsync(target, i, Cancel));
        }

        Assert.Equal(["1", "2"], [TestPeer.TextOf(await peer.NextAsync(FrameType.Data)), TestPeer.TextOf(await peer.NextAsync(FrameType.Data))]);
        // Room is made, and without another push the client hears of what did not fit.
        await peer.AckAsync(1);
        var gap = await peer.NextAsync(FrameType.Gap);
        Assert.Equal((3L, 1498L), (gap.Sequence, gap.Missed));
        await server.Server.Sessions.SendAsync(target, 1501, Cancel);
        Assert.Equal("1501", TestPeer.TextOf(await peer.NextAsync(FrameType.Data)));
        await peer.AckAsync(4);
    }

    [Fact]
    public async Task A_client_that_can_less_than_its_session_gets_a_new_one_and_hears_what_is_lost()
    {
        using var server = new TestServer();
        var peer = await server.OpenAsync();
        await peer.HelloAsync(TestPeer.Hello() with { Can = Protocol.Can });
        await peer.NextAsync(FrameType.Authed);
        await peer.NextAsync(FrameType.Ready);
        await server.Server.Sessions.SendAsync(SessionTarget.OfSession(peer.Ready.Session), 1, Cancel);
        await peer.NextAsync(FrameType.Data);
        peer.Stream.Cut();
        await peer.EndedAsync();
        var next = await server.ReadyAsync(peer.Resume(received: 0));
        Assert.Equal("new", next.Ready.Resume);
        Assert.Equal([("down", 1L, 1L)], next.Ready.Lost!.Select(static lost => (lost.Direction, lost.From, lost.To!.Value)));
        Assert.Equal(1, server.Store.Count);
    }

    [Fact]
    public async Task The_largest_payload_goes_through_and_a_larger_one_is_refused()
    {
        using var server = new TestServer();
        var peer = await server.ReadyAsync();
        var target = SessionTarget.OfSession(peer.Ready.Session);
        peer.Stream.Cut();
        await peer.EndedAsync();
        await server.Server.Sessions.SendAsync(target, new string('x', 3000), Cancel);
        await server.Server.Sessions.SendAsync(target, new string('x', Endpoint.PayloadBytesMax - 2), Cancel);
        // Replayed at once, and yet no message is larger than the wire allows.
        var next = await server.ReadyAsync(peer.Resume(received: 0));
        await next.NextAsync(FrameType.Data);
        Assert.Equal(Endpoint.PayloadBytesMax, (await next.NextAsync(FrameType.Data)).Payload.Length);
        await Assert.ThrowsAsync<ArgumentException>(async () => await server.Server.Sessions.SendAsync(target, new string('x', Endpoint.PayloadBytesMax - 1), Cancel));
    }

    [Fact]
    public async Task A_group_has_a_name_of_1_to_128_characters()
    {
        using var server = new TestServer();
        await Assert.ThrowsAsync<ArgumentException>(async () => await server.Server.Sessions.JoinAsync("s", "", Cancel));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await server.Server.Sessions.JoinAsync("s", new string('g', 129), Cancel));
        var peer = await server.ReadyAsync();
        foreach (var group in new[] { "g", new string('g', 128) })
        {
            Assert.True(await server.Server.Sessions.JoinAsync(peer.Ready.Session, group, Cancel));
            Assert.Equal(1, (await server.Server.Sessions.SendAsync(SessionTarget.OfGroup(group), 1, Cancel)).Sent);
            Assert.True(await server.Server.Sessions.LeaveAsync(peer.Ready.Session, group, Cancel));
            Assert.Equal(0, (await server.Server.Sessions.SendAsync(SessionTarget.OfGroup(group), 1, Cancel)).Sent);
        }
    }

    [Fact]
    public async Task What_is_given_up_before_it_began_reaches_nobody()
    {
        using var server = new TestServer();
        var peer = await server.ReadyAsync();
        var (sessions, alice, given) = (server.Server.Sessions, SessionTarget.OfUser("test", "alice"), new CancellationToken(canceled: true));
        foreach (var call in new Func<Task>[]
        {
            async () => await sessions.SendAsync(alice, 1, given),
            async () => await sessions.DisconnectAsync(alice, given),
            async () => await sessions.DisconnectAsync(alice, TimeSpan.Zero, given),
            async () => await sessions.EndAsync(alice, given),
        })
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(call);
        }

        Assert.Equal(1, (await sessions.SendAsync(alice, 2, Cancel)).Sent);
        Assert.Equal("2", TestPeer.TextOf(await peer.AfterAcksAsync(FrameType.Data)));
    }

    [Fact]
    public async Task Clients_that_are_sent_away_together_come_back_over_at_most_an_hour()
    {
        using var server = new TestServer();
        var nobody = SessionTarget.OfUser("test", "nobody");
        foreach (var good in new[] { TimeSpan.Zero, TimeSpan.FromHours(1) })
        {
            Assert.Equal(0, await server.Server.Sessions.DisconnectAsync(nobody, good, Cancel));
        }

        foreach (var bad in new[] { TimeSpan.FromTicks(-1), TimeSpan.FromHours(1) + TimeSpan.FromTicks(1) })
        {
            await Assert.ThrowsAsync<ArgumentOutOfRangeException>("spread", async () => await server.Server.Sessions.DisconnectAsync(nobody, bad, Cancel));
        }
    }
}
