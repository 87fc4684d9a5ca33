using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;

namespace Airlock.AspNetCore.Tests;

public sealed class PlainTests
{
    [Fact]
    public async Task Raw_text_is_answered_in_order_after_each_commit()
    {
        await using var app = await StartAsync();
        using var peer = await Peer.ConnectAsync(app.Socket(), protocol: null);
        Assert.Null(peer.Socket.SubProtocol);
        for (var i = 0; i < 5; i++)
        {
            await peer.SendAsync($"message {i}");
        }

        for (var i = 0; i < 5; i++)
        {
            Assert.Equal($"MESSAGE {i}", await peer.TextAsync());
        }
    }

    [Fact]
    public async Task A_plain_client_and_one_of_frames_share_an_endpoint()
    {
        await using var app = await StartAsync();
        using var plain = await Peer.ConnectAsync(app.Socket(), protocol: null);
        using var framed = await Peer.ReadyAsync(app.Socket());
        await plain.SendAsync("a");
        Assert.Equal("A", await plain.TextAsync());
        await framed.SendAsync(Peer.Data(1, "\"b\""));
        Assert.Equal("\"B\"", (await framed.NextAsync("data"))["b"]!.ToJsonString());
    }

    [Fact]
    public async Task Where_it_is_not_allowed_it_is_refused()
    {
        await using var app = await TestApp.StartAsync();
        Assert.Equal(400, await Peer.RefusedAsync(app.Socket(), protocol: null));
    }

    [Fact]
    public async Task The_limits_hold_and_the_close_says_which()
    {
        await using var app = await StartAsync();
        using var peer = await Peer.ConnectAsync(app.Socket(), protocol: null);
        await peer.SendAsync(new string('x', (64 * 1024) + 1));
        Assert.Null(await peer.TextAsync());
        Assert.Equal((4002, "message_too_large"), ((int)peer.Socket.CloseStatus!, peer.Socket.CloseStatusDescription));
        using var binary = await Peer.ConnectAsync(app.Socket(), protocol: null);
        await binary.SendAsync([1], WebSocketMessageType.Binary);
        Assert.Null(await binary.TextAsync());
        Assert.Equal((4003, "binary_refused"), ((int)binary.Socket.CloseStatus!, binary.Socket.CloseStatusDescription));
    }

    [Fact]
    public async Task A_client_that_vanished_is_noticed_by_pings_of_the_WebSocket_layer()
    {
        // Silent from the start, so that the deadlines can only expire: a machine that is slow makes it late, never wrong.
        await using var app = await StartBeatingAsync(pong: TimeSpan.FromMilliseconds(100));
        using var silent = await RawPeer.ConnectAsync(app.EndPoint, headers: "");
        Assert.Null(await silent.CloseCodeAsync());
        await app.Log.UntilAsync("1006 transport_lost");
    }

    [Fact]
    public async Task A_client_that_answers_the_pings_of_the_WebSocket_layer_is_served()
    {
        await using var app = await StartBeatingAsync(pong: TimeSpan.FromMinutes(10));
        using var peer = await RawPeer.ConnectAsync(app.EndPoint, headers: "");
        for (var i = 0; i < 3; i++)
        {
            await peer.PongAsync();
        }

        await peer.SendAsync(RawPeer.Text("hello"));
        await peer.TextUntilAsync("hello");
    }

    private static Task<TestApp> StartBeatingAsync(TimeSpan pong) => TestApp.StartAsync(
        a => a.MapAirlock("/chat", TestApp.Echo).AllowAnonymous().AllowPlain(),
        airlock: o => o.Endpoint = new EndpointOptions { Timeouts = new() { Idle = TimeSpan.FromMilliseconds(100), Pong = pong } });

    private static Task<TestApp> StartAsync() => TestApp.StartAsync(a => a.MapAirlock("/chat", async (Turn turn) =>
        await turn.SendRawAsync(System.Text.Encoding.UTF8.GetBytes(System.Text.Encoding.UTF8.GetString(turn.Message.Span).ToUpperInvariant()))).AllowAnonymous().AllowPlain());
}
