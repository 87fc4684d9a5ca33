using System.Text;
using Airlock.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;

namespace Airlock.AspNetCore.Tests;

/// <summary>Bytes that no WebSocket library would send, straight into the stream.</summary>
public sealed class RawInputTests
{
    [Theory]
    [InlineData(new byte[] { 0x22, 0xC3, 0x28, 0x22 })]
    [InlineData(new byte[] { 0x22, 0xED, 0xA0, 0x80, 0x22 })]
    [InlineData(new byte[] { 0xFF })]
    public async Task Text_that_is_not_utf8_closes_with_1007(byte[] text)
    {
        await using var app = await TestApp.StartAsync();
        using var bystander = await Peer.ReadyAsync(app.Socket());
        using var peer = await RawPeer.ConnectAsync(app.EndPoint);
        await peer.SendAsync(RawPeer.Frame(0x81, text));
        Assert.Equal(1007, await peer.CloseCodeAsync());
        await bystander.EchoAsync(1);
        await app.Log.UntilAsync("1007 invalid_utf8");
    }

    [Fact]
    public async Task Frames_split_at_every_byte_are_read_whole()
    {
        await using var app = await TestApp.StartAsync();
        using var peer = await RawPeer.ConnectAsync(app.EndPoint);
        var bytes = (byte[])[.. RawPeer.Text(Peer.Hello()), .. RawPeer.Text(Peer.Data(1, "\"bytes é\""))];
        foreach (var b in bytes)
        {
            await peer.SendAsync([b]);
        }

        Assert.Contains("\"bytes é\"", await peer.TextUntilAsync("\"b\":"));
    }

    [Fact]
    public async Task A_message_in_many_fragments_with_a_ping_between_is_read_whole()
    {
        await using var app = await TestApp.StartAsync();
        using var peer = await RawPeer.ConnectAsync(app.EndPoint);
        await peer.SendAsync(RawPeer.Text(Peer.Hello()));
        var text = Encoding.UTF8.GetBytes(Peer.Data(1, "\"é\""));
        for (var i = 0; i < text.Length; i++)
        {
            await peer.SendAsync(RawPeer.Frame((byte)((i == 0 ? 0x01 : 0x00) | (i == text.Length - 1 ? 0x80 : 0)), [text[i]]));
            await peer.SendAsync(RawPeer.Frame(0x89, []));
        }

        Assert.Contains("\"é\"", await peer.TextUntilAsync("\"b\":"));
    }

    [Theory]
    [InlineData(new byte[] { 0x83, 0x80, 0, 0, 0, 0 })]
    [InlineData(new byte[] { 0xC1, 0x80, 0, 0, 0, 0 })]
    [InlineData(new byte[] { 0x81, 0x01, 0x20, 0, 0, 0, 0 })]
    [InlineData(new byte[] { 0x80, 0x80, 0, 0, 0, 0 })]
    public async Task A_broken_websocket_frame_ends_its_connection_and_no_other(byte[] frame)
    {
        await using var app = await TestApp.StartAsync();
        using var bystander = await Peer.ReadyAsync(app.Socket());
        using var peer = await RawPeer.ConnectAsync(app.EndPoint);
        await peer.SendAsync(frame);
        Assert.Contains(await peer.CloseCodeAsync(), (int?[])[1002, null]);
        await bystander.EchoAsync(1);
    }

    [Fact]
    public async Task Compression_is_not_agreed_to_and_a_compressed_frame_is_refused()
    {
        await using var app = await TestApp.StartAsync();
        using var peer = await RawPeer.ConnectAsync(app.EndPoint, "Sec-WebSocket-Protocol: airlock.v1\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n");
        Assert.DoesNotContain("Sec-WebSocket-Extensions", peer.Head, StringComparison.OrdinalIgnoreCase);
        // The first reserved bit is what says that a message is compressed.
        await peer.SendAsync(RawPeer.Frame(0xC1, [0xAA, 0x56, 0x2A, 0x51, 0xB2, 0x52, 0x50, 0xAA, 0x05, 0x00]));
        Assert.Contains(await peer.CloseCodeAsync(), (int?[])[1002, null]);
    }

    [Fact]
    public async Task A_client_that_resets_its_stream_leaves_a_session_that_resumes()
    {
        await using var app = await TestApp.StartAsync(services: Tokens.AddBearer, map: MapUsers);
        using var peer = await Peer.ReadyAsync(app.Socket(), Tokens.For("ann"));
        await peer.EchoAsync(1);
        peer.Socket.Abort();
        await app.Log.UntilAsync("1006 transport_lost");
        using var next = await Peer.ConnectAsync(app.Socket());
        var ready = await next.ReadyAfterAsync(Tokens.For("ann"), Peer.Resume(peer.Session, 2, 0));
        Assert.Equal(("resumed", 1, 1), ((string)ready["resume"]!, (int)ready["received"]!, (int)ready["replayTo"]!));
        Assert.Equal("transport_lost", (string)ready["previous"]!["cause"]!);
        Assert.Equal("still here", (string)(await next.NextAsync("data"))["b"]!);
    }

    [Fact]
    public async Task A_client_that_vanishes_without_a_word_is_noticed_and_its_session_stays()
    {
        var time = TestApp.NewTime();
        await using var app = await TestApp.StartAsync(services: Tokens.AddBearer, map: MapUsers, time: time);
        using var bystander = await Peer.ReadyAsync(app.Socket(), Tokens.For("bob"));
        using var peer = await Peer.ReadyAsync(app.Socket(), Tokens.For("ann"));
        time.Advance(TimeSpan.FromSeconds(25));
        await peer.NextAsync("ping");
        await bystander.NextAsync("ping");
        await bystander.SendAsync("{\"t\":\"pong\"}");
        // Its echo shows that the pong before it was heard.
        await bystander.EchoAsync(1);
        time.Advance(TimeSpan.FromSeconds(10));
        await peer.ClosesWithAsync(CloseReason.NoPong, hasSession: true);
        time.Advance(TimeSpan.FromSeconds(5));
        await app.Log.UntilAsync("4201 no_pong");
        using var next = await Peer.ConnectAsync(app.Socket());
        var ready = await next.ReadyAfterAsync(Tokens.For("ann"), Peer.Resume(peer.Session, 2, 0));
        Assert.Equal("resumed", (string)ready["resume"]!);
        Assert.Equal("no_pong", (string)ready["previous"]!["cause"]!);
        Assert.Equal(4201, (int)ready["previous"]!["code"]!);
        await bystander.EchoAsync(2);
    }

    [Fact]
    public async Task A_client_that_never_reads_is_closed_with_a_session_that_resumes()
    {
        using var store = new MemorySessionStore(TimeProvider.System, new SystemEntropy(), new());
        var flood = new Flood();
        await using var app = await TestApp.StartAsync(
            services: s =>
            {
                Tokens.AddBearer(s);
                s.AddSingleton<ISessionStore>(store);
                // Little room on the way, so that what is not read stays here and does not lie in the system's buffers.
                s.Configure<SocketTransportOptions>(static o => o.CreateBoundListenSocket = static endPoint =>
                {
                    var listener = SocketTransportOptions.CreateDefaultBoundListenSocket(endPoint);
                    listener.SendBufferSize = 64 * 1024;
                    return listener;
                });
            },
            map: a =>
            {
                a.MapAirlock("/chat", flood.RunAsync);
                a.MapAirlock("/calm", TestApp.Echo);
            },
            // The limits of the session are the default ones. These deadlines can only expire.
            airlock: static o => o.Endpoint = new() { Timeouts = new() { Write = TimeSpan.FromMilliseconds(300), Close = TimeSpan.FromMilliseconds(200) } });
        using var bystander = await Peer.ReadyAsync(app.Socket("/calm"), Tokens.For("bob"));
        using var peer = await Peer.ReadyAsync(app.Socket(), Tokens.For("ann"));
        await peer.SendAsync(Peer.Data(1, "1"));
        await flood.Paused;
        await app.Log.UntilAsync("4310 slow_consumer");
        Assert.Equal(1, app.Server.ConnectionCount);
        var session = Assert.Single(await store.FindAsync(SessionTarget.OfSession(peer.Session), TestContext.Current.CancellationToken));
        Assert.InRange(session.Positions.Appended * Flood.PartBytes, 4 << 20, (4 << 20) + Flood.PartBytes);
        Assert.Equal(new PushOutcome(0, 1), await app.Server.Sessions.SendAsync(SessionTarget.OfSession(peer.Session), 1, TestContext.Current.CancellationToken));
        await bystander.EchoAsync(1);

        using var next = await Peer.ConnectAsync(app.Socket());
        var ready = await next.ReadyAfterAsync(Tokens.For("ann"), Peer.Resume(peer.Session, 2, 0));
        Assert.Equal("slow_consumer", (string)ready["previous"]!["cause"]!);
        Assert.Equal(1, (int)(await next.NextAsync("data"))["s"]!);
    }

    [Fact]
    public async Task A_client_that_reads_but_never_acknowledges_pauses_its_turn_within_the_limit()
    {
        await using var app = await TestApp.StartAsync(services: Tokens.AddBearer, map: MapFlood, airlock: o => o.Endpoint = new() { Session = new() { OutboxEntriesMax = 8 } });
        using var peer = await Peer.ReadyAsync(app.Socket(), Tokens.For("ann"));
        await peer.SendAsync(Peer.Data(1, "1"));
        for (var i = 1; i <= 8; i++)
        {
            Assert.Equal(i, (int)(await peer.NextAsync("data"))["s"]!);
        }

        // A push shows that the outbox is full and stays so; the ack makes room for exactly what was acknowledged.
        Assert.Equal(new PushOutcome(0, 1), await app.Server.Sessions.SendAsync(SessionTarget.OfSession(peer.Session), 1, TestContext.Current.CancellationToken));
        await peer.SendAsync("{\"t\":\"ack\",\"a\":3}");
        for (var i = 9; i <= 11; i++)
        {
            Assert.Equal(i, (int)(await peer.NextAsync("data"))["s"]!);
        }

        await peer.SendAsync("{\"t\":\"stop\",\"s\":1}");
        await peer.SendAsync("{\"t\":\"ack\",\"a\":11}");
        Assert.True((bool)(await peer.NextAsync("end"))["stopped"]!);
    }

    private static void MapUsers(WebApplication app) => app.MapAirlock("/chat", TestApp.Echo);

    private static void MapFlood(WebApplication app) => app.MapAirlock("/chat", new Flood().RunAsync);

    /// <summary>A handler that streams much more than a client may leave unread.</summary>
    private sealed class Flood
    {
        internal const int PartBytes = 64 * 1024;
        private readonly TaskCompletionSource _paused = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>When a part had to wait for room.</summary>
        internal Task Paused => _paused.Task.WaitAsync(Patience.Max, TestContext.Current.CancellationToken);

        internal async Task RunAsync(Turn turn, CancellationToken stop)
        {
            var part = new string('x', PartBytes - 2);
            for (var i = 0; i < 400; i++)
            {
                stop.ThrowIfCancellationRequested();
                var streaming = turn.StreamAsync(part);
                if (!streaming.IsCompleted)
                {
                    _paused.TrySetResult();
                }

                await streaming;
            }
        }
    }
}
