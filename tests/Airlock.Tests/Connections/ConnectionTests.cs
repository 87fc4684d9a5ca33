using System.Text;
using Airlock.Core;
using Airlock.Tests.Harness;

namespace Airlock.Tests.Connections;

public sealed class ConnectionTests
{
    [Fact]
    public async Task A_connection_walks_through_its_states_in_order()
    {
        using var server = new TestServer();
        server.Server.Gates.Declare("agent", required: true);
        var accept = new TaskCompletionSource();
        var attach = new TaskCompletionSource();
        var peer = server.Connect(accepting: accept.Task);
        await peer.Upgrade.AcceptAsked.Task.WaitAsync(TestServer.Patience, TestContext.Current.CancellationToken);

        var id = Assert.Single(server.Server.Connections);
        Assert.Equal(ConnectionState.Connecting, server.Server.StateOf(id));

        accept.SetResult();
        await peer.NextAsync(FrameType.Open);
        Assert.Equal(id, peer.Id);
        Assert.Equal(ConnectionState.Accepted, server.Server.StateOf(id));
        Assert.Equal(Protocol.Name, peer.Upgrade.SubProtocol);

        await peer.HelloAsync();
        var authed = (AuthedFrame)(await peer.NextAsync(FrameType.Authed)).Body!;
        Assert.Equal("alice", authed.User);
        Assert.Equal(ConnectionState.Authenticated, server.Server.StateOf(id));
        var gate = (GateFrame)(await peer.NextAsync(FrameType.Gate)).Body!;
        Assert.Equal(("agent", true, "waiting", 30000L), (gate.Name, gate.Required, gate.State, gate.Deadline));

        server.Server.Gates.Report("agent", GateState.Open);
        Assert.Equal("open", ((GateFrame)(await peer.NextAsync(FrameType.Gate)).Body!).State);
        await peer.NextAsync(FrameType.Ready);
        Assert.Equal(ConnectionState.ProcessingReady, server.Server.StateOf(id));
        Assert.Equal(("new", 1L, 1L, 0L, 64), (peer.Ready.Resume, peer.Ready.Generation, peer.Ready.Attempt, peer.Ready.Received, peer.Ready.Window));

        await peer.DataAsync(1, "\"hi\"");
        var reply = await peer.AfterAcksAsync(FrameType.Data);
        Assert.Equal(("\"hi\"", 1L, 1L, 1), (TestPeer.TextOf(reply), reply.Sequence, reply.Re, reply.Try));

        await peer.CloseAsync(1000, "done");
        Assert.Equal((1000, "client_closed"), await peer.Closed);
        await peer.EndedAsync();
        Assert.Null(server.Server.StateOf(id));
        server.AssertNothingLeft();
        string[] expected = ["Connecting -> Accepted", "Accepted -> Authenticated", "Authenticated -> ServicesReady", "ServicesReady -> ProcessingReady", "ProcessingReady -> Closing", "Closing -> Closed"];
        Assert.Equal(expected, server.Log.Lines.Select(l => l.Text[(l.Text.LastIndexOf(": ", StringComparison.Ordinal) + 2)..]).Where(t => t.Contains("->", StringComparison.Ordinal) && t.Split(" -> ") is [var from, var to] && from != to));
    }

    [Fact]
    public async Task Carriers_that_were_stripped_on_the_way_are_named_in_the_log()
    {
        using var server = new TestServer();
        var peer = server.Connect(static request => request with { Carriers = ["cookie"] });
        await peer.NextAsync(FrameType.Open);
        await peer.SendAsync(static writer => writer.Write(TestPeer.Hello() with { Sent = ["cookie", "authorization", "my secret"] }));
        await peer.NextAsync(FrameType.Authed);
        var line = await server.Log.WaitForAsync("stripped on the way");
        Assert.EndsWith(": authorization", line);

        var bare = server.Connect(static request => request with { Carriers = [] });
        await bare.NextAsync(FrameType.Open);
        await bare.SendAsync(static writer => writer.Write(TestPeer.Hello() with { Sent = ["ticket", "subprotocol", "cookie", "authorization", "proxy"] }));
        await bare.NextAsync(FrameType.Authed);
        Assert.EndsWith(": authorization, subprotocol, ticket, cookie", await server.Log.WaitForAsync(bare.Id, "stripped on the way"));
    }

    [Fact]
    public async Task A_connection_that_nobody_knows_is_never_ready()
    {
        using var server = new TestServer();
        Assert.Null(server.Server.StateOf("c_nobody"));
        Assert.Null(server.Server.RecordOf("c_nobody"));
        var peer = await server.ReadyAsync();
        Assert.Null(server.Server.StateOf(peer.Id + "x"));
        Assert.NotEmpty(server.Server.RecordOf(peer.Id)!);
        peer.Stream.Cut();
        await peer.EndedAsync();
        Assert.Null(server.Server.RecordOf(peer.Id));
        server.AssertNothingLeft();
    }

    [Fact]
    public async Task The_state_is_changed_before_the_frame_that_announces_it()
    {
        // Whatever a client does on reading a frame finds the state that the frame announces.
        using var server = new TestServer();
        for (var i = 0; i < 50; i++)
        {
            var peer = await server.OpenAsync();
            await peer.HelloAsync();
            await peer.NextAsync(FrameType.Authed);
            Assert.True(server.Server.StateOf(peer.Id) >= ConnectionState.Authenticated);
            await peer.NextAsync(FrameType.Ready);
            Assert.Equal(ConnectionState.ProcessingReady, server.Server.StateOf(peer.Id));
            await peer.CloseAsync();
            await peer.EndedAsync();
        }

        server.AssertNothingLeft();
    }

    [Fact]
    public async Task Everything_in_one_message_is_handled_in_order()
    {
        using var server = new TestServer();
        var peer = await server.OpenAsync();
        await peer.SendAsync(writer =>
        {
            writer.Write(TestPeer.Hello());
            for (var s = 1; s <= 5; s++)
            {
                writer.WriteData(s, $"m{s}", Encoding.UTF8.GetBytes($"{s}"));
            }
        });
        await peer.NextAsync(FrameType.Authed);
        await peer.NextAsync(FrameType.Ready);
        for (var s = 1; s <= 5; s++)
        {
            var reply = await peer.AfterAcksAsync(FrameType.Data);
            Assert.Equal(($"{s}", (long)s, (long)s), (TestPeer.TextOf(reply), reply.Sequence, reply.Re));
        }
    }

    [Fact]
    public async Task What_open_says_is_what_the_options_say()
    {
        using var server = new TestServer(options: new EndpointOptions
        {
            MessageBytesMax = 5000,
            HoldMessagesBeforeAuthentication = 3,
            HoldBytesBeforeAuthentication = 700,
            HoldMessagesMax = 9,
            HoldBytesMax = 900,
            Timeouts = new LifecycleTimeouts { Hello = TimeSpan.FromSeconds(1), Authentication = TimeSpan.FromSeconds(2), Gate = TimeSpan.FromSeconds(3), Attach = TimeSpan.FromSeconds(4), Idle = TimeSpan.FromSeconds(6) },
            Session = new SessionLimits { Window = 7 },
        });
        var peer = await server.OpenAsync(r => r with { Carriers = ["cookie"] });
        Assert.Equal((5000, 256, 3, 700), (peer.Open.Limits.Message, peer.Open.Limits.Frames, peer.Open.Hold.Messages, peer.Open.Hold.Bytes));
        Assert.Equal(new PhaseDeadlines { Hello = 1000, Authentication = 2000, Gate = 3000, Attach = 4000 }, peer.Open.Deadlines);
        Assert.Equal(["cookie"], peer.Open.Carriers);
        Assert.Equal(server.Time.GetUtcNow().ToUnixTimeMilliseconds(), peer.Open.Now);
        await peer.HelloAsync();
        Assert.Equal(new HoldCredit { Messages = 9, Bytes = 900 }, ((AuthedFrame)(await peer.NextAsync(FrameType.Authed)).Body!).Hold);
        await peer.NextAsync(FrameType.Ready);
        Assert.Equal((7, 6000L), (peer.Ready.Window, peer.Ready.Idle));
    }

    [Fact]
    public async Task What_comes_as_the_writer_goes_to_rest_is_sent()
    {
        using var server = new TestServer(wrapStore: static store => new HeldStore(store) { Wrap = static log => new LateLog(log, "\"late\""u8.ToArray()) });
        var peer = await server.ReadyAsync();
        Assert.Equal("\"late\"", TestPeer.TextOf(await peer.NextAsync(FrameType.Data)));
    }

    [Fact]
    public async Task Many_gate_frames_for_a_slow_reader_keep_to_the_limit_of_a_message()
    {
        using var server = new TestServer();
        server.Server.Gates.Declare("agent", required: true);
        var peer = server.Connect(capacity: 100, reads: false);
        await peer.HelloAsync();
        await server.Log.WaitForAsync("WriteBlocked");
        await server.Log.WaitForAsync("GatesChanged: Authenticated");
        // Each is taken in before the next: two that wait for one mailbox are told as one.
        using var taken = new SemaphoreSlim(0);
        server.Log.Throws = text =>
        {
            if (text.Contains("GatesChanged", StringComparison.Ordinal))
            {
                taken.Release();
            }

            return false;
        };
        for (var i = 0; i < 400; i++)
        {
            server.Server.Gates.Report("agent", i % 2 == 0 ? GateState.Failed : GateState.Waiting);
            Assert.True(await taken.WaitAsync(TestServer.Patience, TestContext.Current.CancellationToken));
        }

        peer.StartReading();
        await peer.NextAsync(FrameType.Open);
        await peer.NextAsync(FrameType.Authed);
        for (var i = 0; i <= 400; i++)
        {
            await peer.NextAsync(FrameType.Gate);
        }
    }

    [Fact]
    public async Task An_accept_that_fails_leaves_nothing()
    {
        using var server = new TestServer();
        var peer = server.Connect(r => r with { Address = "a" }, accepting: Task.FromException(new IOException("reset")));
        await peer.EndedAsync();
        server.AssertNothingLeft();
        await server.Log.WaitForAsync("UpgradeFailed: Connecting -> Failed");
    }

    [Fact]
    public async Task An_effect_that_throws_ends_its_connection_and_no_other()
    {
        // A logger of the host that throws is called in the middle of a transition.
        using var server = new TestServer();
        var other = await server.ReadyAsync();
        var peer = await server.ReadyAsync();
        server.Log.Throws = text => text.Contains(peer.Id, StringComparison.Ordinal) && text.Contains("CloseReceived", StringComparison.Ordinal);
        await peer.CloseAsync();
        await peer.EndedAsync();
        server.Log.Throws = null;
        Assert.Null(server.Server.StateOf(peer.Id));
        Assert.Equal(ConnectionState.ProcessingReady, server.Server.StateOf(other.Id));
        await other.DataAsync(1, "1");
        await other.AfterAcksAsync(FrameType.Data);
        other.Stream.Cut();
        await other.EndedAsync();
        Assert.Equal(0, server.Server.ConnectionCount);
        Assert.Equal(0, server.Endpoint.Scope.UserLimit.Count);
    }
}
