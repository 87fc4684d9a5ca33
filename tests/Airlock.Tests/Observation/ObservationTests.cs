using Airlock.Core;
using Airlock.Tests.Harness;

namespace Airlock.Tests;

public sealed class ObservationTests
{
    [Fact]
    public async Task A_connection_is_seen_from_its_start_to_after_its_end()
    {
        using var server = new TestServer();
        var seen = server.Server.Observation;
        server.Time.Advance(TimeSpan.FromSeconds(3));
        var peer = await server.OpenAsync(request => request with { Address = "192.0.2.1" });
        var early = Assert.Single(seen.Connections);
        Assert.Equal((peer.Id, 1, ConnectionState.Accepted, TimeSpan.FromSeconds(3)), (early.Id, early.Number, early.State, early.OpenedAt));
        Assert.Null(early.Principal);
        Assert.Null(early.Report().SessionTag);

        server.Time.Advance(TimeSpan.FromSeconds(1));
        await peer.HelloAsync(token: "bob");
        await peer.NextAsync(FrameType.Authed);
        await peer.NextAsync(FrameType.Ready);
        await peer.DataAsync(1, "1");
        await peer.UntilDoneAsync(1);
        var report = seen.Report(peer.Id)!;
        Assert.Equal((ConnectionState.ProcessingReady, TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(4)), (report.State, report.OpenedAt, report.Since));
        Assert.Equal(("/chat", "192.0.2.1", "test/1", "bob"), (report.Endpoint, report.Address, report.Client, report.Principal!.Subject));
        Assert.Equal((false, 1L, new SessionPositions(1, 1, 1, 0)), (report.IsResumed, report.Attempt, report.Positions));
        Assert.Equal(EventKind.UpgradeAccepted, report.Record[0].Event);
        Assert.Null(report.Reason);

        server.Time.Advance(TimeSpan.FromSeconds(1));
        await peer.CloseAsync();
        await peer.EndedAsync();
        Assert.Empty(seen.Connections);
        var closed = Assert.Single(seen.RecentCloses());
        Assert.Equal(closed, seen.Report(peer.Id));
        Assert.Equal((ConnectionState.Closed, CloseReason.ClientClosed, 1000, TimeSpan.FromSeconds(5)), (closed.State, closed.Reason, closed.Code, closed.Since));
        Assert.Equal((1, 1), (seen.OpenedCount, seen.ClosedCount));
        Assert.Null(seen.Report("c_unknown"));
    }

    [Fact]
    public async Task Nothing_that_is_seen_holds_a_sessions_id()
    {
        using var server = new TestServer();
        var peer = await server.ReadyAsync();
        var report = server.Server.Observation.Report(peer.Id)!;
        var session = Assert.Single(server.Server.Observation.Sessions!);
        Assert.Equal(10, session.Tag.Length);
        Assert.Equal(session.Tag, report.SessionTag);
        Assert.DoesNotContain(peer.Ready.Session, $"{report} {session}", StringComparison.Ordinal);
        Assert.DoesNotContain(session.Tag, peer.Ready.Session, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_session_is_seen_detached_and_resumed_under_the_same_tag()
    {
        using var server = new TestServer();
        var seen = server.Server.Observation;
        var first = await server.ReadyAsync(user: "bob");
        await first.DataAsync(1, "1");
        await first.UntilDoneAsync(1);
        var attached = Assert.Single(seen.Sessions!);
        Assert.Equal((1, "/chat", "bob", first.Id), (attached.Number, attached.Endpoint, attached.Principal.Subject, attached.Connection));
        Assert.Null(attached.DetachedFor);

        await first.CloseAsync();
        await first.EndedAsync();
        server.Time.Advance(TimeSpan.FromSeconds(7));
        var detached = Assert.Single(seen.Sessions!);
        Assert.Equal((TimeSpan.FromSeconds(7), first.Id, attached.Tag), (detached.DetachedFor, detached.Connection, detached.Tag));

        var second = await server.ReadyAsync(first.Resume(0), user: "bob");
        var report = seen.Report(second.Id)!;
        Assert.Equal((true, 2L, attached.Tag), (report.IsResumed, report.Attempt, report.SessionTag));
        Assert.Null(Assert.Single(seen.Sessions!).DetachedFor);
        Assert.Equal(second.Id, Assert.Single(seen.Sessions!).Connection);
    }

    [Fact]
    public async Task A_gate_that_is_down_is_named_by_who_waits_for_it()
    {
        using var server = new TestServer();
        server.Server.Gates.Declare("model", required: true);
        server.Server.Gates.Declare("search", required: false);
        var peer = await server.OpenAsync();
        await peer.HelloAsync();
        await peer.NextAsync(FrameType.Authed);
        await peer.NextAsync(FrameType.Gate);
        Assert.Equal(["model", "search"], server.Server.Observation.Report(peer.Id)!.GatesDown);
        server.Server.Gates.Report("model", GateState.Open);
        while ((await peer.NextAsync()).Type != FrameType.Ready)
        {
            // Both gates are told of before.
        }

        Assert.Equal(["search"], server.Server.Observation.Report(peer.Id)!.GatesDown);
    }

    [Fact]
    public async Task Only_the_latest_closes_are_remembered()
    {
        using var server = new TestServer();
        var ids = new List<string>();
        for (var i = 0; i < Airlock.Observation.RecentClosesMax + 2; i++)
        {
            server.Time.Advance(TimeSpan.FromMilliseconds(1));
            var peer = await server.OpenAsync();
            ids.Add(peer.Id);
            await peer.CloseAsync();
            await peer.EndedAsync();
        }

        var seen = server.Server.Observation;
        ids.Reverse();
        Assert.Equal(ids.Take(Airlock.Observation.RecentClosesMax), seen.RecentCloses().Select(static c => c.Id));
        Assert.Null(seen.Report(ids[^1]));
        Assert.Equal(ids.Count, seen.ClosedCount);
    }

    [Fact]
    public async Task An_endpoint_that_does_not_wait_for_gates_works_while_they_are_closed()
    {
        using var server = new TestServer(options: new EndpointOptions { WaitsForGates = false });
        server.Server.Gates.Declare("model", required: true);
        var peer = await server.ReadyAsync();
        server.Server.Gates.Report("model", GateState.Failed);
        await peer.DataAsync(1, "1");
        var frames = await peer.UntilDoneAsync(1);
        Assert.DoesNotContain(frames, static f => f.Type == FrameType.Gate);
        Assert.Equal(ConnectionState.ProcessingReady, server.Server.StateOf(peer.Id));
        await peer.CloseAsync();
        await peer.EndedAsync();
        server.AssertNothingLeft();
    }

    [Fact]
    public void A_store_that_cannot_list_its_sessions_shows_none()
    {
        using var server = new TestServer(wrapStore: static store => new HeldStore(store));
        Assert.Null(server.Server.Observation.Sessions);
    }
}
