using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text.Json.Nodes;
using Airlock.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Airlock.AspNetCore.Tests;

public sealed class HandshakeTests
{
    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task Plain_http_on_the_sockets_path_is_426(string method)
    {
        await using var app = await TestApp.StartAsync();
        using var request = new HttpRequestMessage(new HttpMethod(method), "/chat");
        var answer = await app.Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(426, (int)answer.StatusCode);
        Assert.Equal("websocket", answer.Headers.Upgrade.ToString());
        var body = (await answer.Content.ReadFromJsonAsync<JsonObject>(TestContext.Current.CancellationToken))!;
        Assert.Equal("upgrade_required", (string)body["cause"]!);
        Assert.NotEmpty((string)body["message"]!);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("chat.v7")]
    [InlineData("airlock.token.abc")]
    public async Task No_known_sub_protocol_is_400(string? protocol)
    {
        await using var app = await TestApp.StartAsync();
        Assert.Equal(400, await Peer.RefusedAsync(app.Socket(), protocol: protocol));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("chat.v7")]
    public async Task A_browser_without_a_known_sub_protocol_is_told_in_a_close(string? protocol)
    {
        await using var app = await TestApp.StartAsync();
        using var peer = await Peer.ConnectAsync(app.Socket(), o => o.SetRequestHeader("Origin", app.Address), protocol);
        await peer.ClosesWithAsync(CloseReason.ProtocolUnsupported);
    }

    [Theory]
    [InlineData("?airlock-probe=1", null, null, 400, false)]
    [InlineData("?airlock-probe=1", null, "its own", 0, false)]
    [InlineData("?room=1&airlock-probe=1", null, null, 400, false)]
    [InlineData("", null, null, 400, true)]
    [InlineData("?airlock-probe=0", null, null, 400, true)]
    [InlineData("?airlock-probe=1", "chat.v7", null, 400, true)]
    [InlineData("?airlock-probe=1", null, "https://evil.test", 0, true)]
    public async Task Only_a_marked_request_without_a_sub_protocol_is_not_counted_as_a_client_that_failed(string query, string? protocol, string? origin, int status, bool isCounted)
    {
        await using var app = await TestApp.StartAsync();
        void Configure(ClientWebSocketOptions options)
        {
            if (origin is not null)
            {
                options.SetRequestHeader("Origin", origin == "its own" ? app.Address : origin);
            }
        }

        if (status != 0)
        {
            Assert.Equal(status, await Peer.RefusedAsync(app.Socket("/chat" + query), Configure, protocol));
        }
        else
        {
            using var peer = await Peer.ConnectAsync(app.Socket("/chat" + query), Configure, protocol);
            await peer.ClosesWithAsync(origin == "its own" ? CloseReason.ProtocolUnsupported : CloseReason.OriginRefused);
        }

        // Stopped, so that every end has been told.
        await app.StopAsync();
        Assert.Equal((1, isCounted ? 1 : 0), (app.Server.Observation.ClosedCount, app.Server.Observation.RecentCloses().Length));
    }

    [Fact]
    public async Task A_foreign_page_is_accepted_only_to_be_told()
    {
        await using var app = await TestApp.StartAsync();
        using var bystander = await Peer.ReadyAsync(app.Socket());
        using var peer = await Peer.ConnectAsync(app.Socket(), o => o.SetRequestHeader("Origin", "https://evil.test"));
        var closing = await peer.ClosesWithAsync(CloseReason.OriginRefused);
        Assert.Null(closing["retryAfter"]);
        await bystander.EchoAsync(1);
    }

    [Fact]
    public async Task Beyond_64_refused_pages_the_answer_is_http()
    {
        // Time stands still: the server waits for their answers however long it takes to bring 64 of them here.
        await using var app = await TestApp.StartAsync(time: TestApp.NewTime());
        var held = new List<Peer>();
        try
        {
            // They do not answer the close, so the server waits for it.
            for (var i = 0; i < 64; i++)
            {
                held.Add(await Peer.ConnectAsync(app.Socket(), o => o.SetRequestHeader("Origin", "https://evil.test")));
            }

            Assert.Equal(403, await Peer.RefusedAsync(app.Socket(), o => o.SetRequestHeader("Origin", "https://evil.test")));
            await held[0].ClosesWithAsync(CloseReason.OriginRefused);
            await held[0].Socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, TestContext.Current.CancellationToken);
            await app.Log.UntilAsync("4027 origin_refused");
            using var next = await ConnectWhenFreeAsync(app);
            await next.ClosesWithAsync(CloseReason.OriginRefused);
        }
        finally
        {
            held.ForEach(static p => p.Dispose());
        }
    }

    [Theory]
    [InlineData("http://{host}", true)]
    [InlineData("https://{host}", true)]
    [InlineData("HTTP://{host}", true)]
    [InlineData("http://{host}0", false)]
    [InlineData("http://evil.test", false)]
    [InlineData("null", false)]
    [InlineData("nonsense", false)]
    [InlineData("https://friend.test", true)]
    [InlineData("https://FRIEND.test", true)]
    [InlineData("https://partner.test", true)]
    [InlineData("https://friend.test.evil.test", false)]
    [InlineData("http://friend.test", false)]
    public async Task The_origin_decides_which_pages_connect(string origin, bool mayConnect)
    {
        await using var app = await TestApp.StartAsync(
            a => a.MapAirlock("/chat", TestApp.Echo).AllowAnonymous().AllowOrigins("https://partner.test"), airlock: o => o.AllowedOrigins.Add("https://friend.test"));
        using var peer = await Peer.ConnectAsync(app.Socket(), o => o.SetRequestHeader("Origin", origin.Replace("{host}", app.EndPoint.ToString(), StringComparison.Ordinal)));
        if (mayConnect)
        {
            await peer.HelloAsync();
            await peer.NextAsync("ready");
        }
        else
        {
            await peer.ClosesWithAsync(CloseReason.OriginRefused);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Forwarded_headers_count_only_where_the_application_says_so(bool configured)
    {
        await using var app = await TestApp.StartAsync(a =>
        {
            if (configured)
            {
                a.UseForwardedHeaders(new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.XForwardedHost | ForwardedHeaders.XForwardedProto });
            }

            a.MapAirlock("/chat", TestApp.Echo).AllowAnonymous();
        });
        using var peer = await Peer.ConnectAsync(app.Socket(), o =>
        {
            o.SetRequestHeader("X-Forwarded-Host", "public.test");
            o.SetRequestHeader("X-Forwarded-Proto", "https");
            o.SetRequestHeader("Origin", "https://public.test");
        });
        if (configured)
        {
            await peer.HelloAsync();
            await peer.NextAsync("ready");
        }
        else
        {
            await peer.ClosesWithAsync(CloseReason.OriginRefused);
        }
    }

    [Fact]
    public async Task An_option_that_is_no_origin_fails_at_the_start()
    {
        var e = await Assert.ThrowsAsync<Microsoft.Extensions.Options.OptionsValidationException>(() => TestApp.StartAsync(static _ => { }, airlock: o => o.AllowedOrigins.Add("friend.test/path")));
        Assert.Contains("friend.test/path", e.Message);
    }

    [Fact]
    public async Task An_option_outside_its_range_fails_at_the_start_and_says_which()
    {
        var e = await Assert.ThrowsAsync<Microsoft.Extensions.Options.OptionsValidationException>(() => TestApp.StartAsync(static _ => { }, airlock: o =>
        {
            o.TicketLifetime = TimeSpan.FromMinutes(1);
            o.GateFailuresMax = 0;
            o.Endpoint = new() { TriesMax = 0 };
        }));
        Assert.Equal(3, e.Failures.Count());
        Assert.Contains("TicketLifetime is 00:01:00; it must be from 00:00:01 to 00:00:30.", e.Message);
    }

    [Fact]
    public async Task A_websocket_over_http2_walks_the_same_way()
    {
        await using var app = await TestApp.StartAsync(protocols: HttpProtocols.Http2);
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler { UseCookies = false });
        using var peer = await Peer.ConnectAsync(app.Socket(), Http2, invoker: invoker);
        using var second = await Peer.ConnectAsync(app.Socket(), Http2, invoker: invoker);
        foreach (var p in (Peer[])[peer, second])
        {
            await p.HelloAsync();
            await p.NextAsync("ready");
            await p.EchoAsync(1);
        }

        await peer.SendAsync("{");
        await peer.ClosesWithAsync(CloseReason.MalformedFrame);
        await second.EchoAsync(2);
        await second.CloseAsync();
        Assert.Contains(app.Log.Lines, static l => l.Contains("HTTP/2 CONNECT", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Http2_without_a_websocket_is_426_and_a_wrong_sub_protocol_400()
    {
        await using var app = await TestApp.StartAsync(protocols: HttpProtocols.Http2);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/chat") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        Assert.Equal(426, (int)(await app.Http.SendAsync(request, TestContext.Current.CancellationToken)).StatusCode);
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler { UseCookies = false });
        await Assert.ThrowsAsync<WebSocketException>(() => Peer.ConnectAsync(app.Socket(), Http2, protocol: "chat.v7", invoker: invoker));
        await app.Log.UntilAsync("- 400 ");
    }

    [Fact]
    public async Task The_protocols_own_keep_alive_is_off()
    {
        await using var app = await TestApp.StartAsync(a =>
        {
            // Even where the application has WebSockets of its own that beat.
            a.UseWebSockets(new WebSocketOptions { KeepAliveInterval = TimeSpan.FromMilliseconds(50) });
            a.MapAirlock("/chat", TestApp.Echo, new() { Timeouts = new() { Idle = TimeSpan.FromMilliseconds(400) } }).AllowAnonymous();
        });
        using var peer = await RawPeer.ConnectAsync(app.EndPoint);
        await peer.SendAsync(RawPeer.Text(Peer.Hello()));
        Assert.DoesNotContain(await peer.OpcodesUntilAsync("\"ping\""), static opcode => opcode is 9 or 10);
    }

    private static void Http2(ClientWebSocketOptions options)
    {
        options.HttpVersion = HttpVersion.Version20;
        options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
    }

    /// <summary>A place is free once the server has let go of the connection, which the client cannot see.</summary>
    private static async Task<Peer> ConnectWhenFreeAsync(TestApp app)
    {
        while (true)
        {
            try
            {
                return await Peer.ConnectAsync(app.Socket(), o => o.SetRequestHeader("Origin", "https://evil.test"));
            }
            catch (WebSocketException)
            {
                await Task.Yield();
            }
        }
    }
}
