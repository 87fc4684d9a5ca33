using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using Airlock.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Airlock.AspNetCore.Tests;

/// <summary>Upgrades that the host refuses, and what is seen of the bytes of those that it grants.</summary>
public sealed class UpgradeTests
{
    private const string Good = "GET /chat HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: airlock.v1\r\n\r\n";

    public static TheoryData<string, string, int, string> NoHandshakes => new()
    {
        { "Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 8", 426, "version_unsupported" },
        { "Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 14", 426, "version_unsupported" },
        { "Sec-WebSocket-Version: 13", "X: y", 426, "version_unsupported" },
        { "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "X: y", 400, "handshake_invalid" },
        { "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Key: c2hvcnQ=", 400, "handshake_invalid" },
        { "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Key: !", 400, "handshake_invalid" },
        { "GET ", "POST ", 400, "handshake_invalid" },
        { "GET ", "HEAD ", 400, "handshake_invalid" },
        { "Connection: Upgrade", "Connection: keep-alive", 400, "handshake_invalid" },
        { "Upgrade: websocket\r\n", "", 426, "upgrade_required" },
        { "Upgrade: websocket\r\n", "Upgrade: h2c\r\n", 426, "upgrade_required" },
    };

    [Theory]
    [MemberData(nameof(NoHandshakes))]
    public async Task A_request_that_is_no_handshake_is_answered_with_what_is_wrong(string part, string other, int status, string cause)
    {
        await using var app = await TestApp.StartAsync();
        var (head, body) = await AskAsync(app, Good.Replace(part, other, StringComparison.Ordinal));
        Assert.StartsWith($"HTTP/1.1 {status} ", head, StringComparison.Ordinal);
        Assert.True(status != 426 || head.Contains("\r\nSec-WebSocket-Version: 13\r\n", StringComparison.Ordinal), head);
        Assert.Contains($"\r\nAirlock-Cause: {cause}\r\n", head, StringComparison.Ordinal);
        Assert.Equal(cause, other.StartsWith("HEAD", StringComparison.Ordinal) ? cause : (string)JsonNode.Parse(body)!["cause"]!);
        using var peer = await Peer.ReadyAsync(app.Socket());
        await peer.EchoAsync(1);
    }

    [Fact]
    public async Task The_hosts_limit_of_upgraded_connections_is_503_with_a_cause_and_a_log_line()
    {
        await using var app = await TestApp.StartAsync(services: static s => s.Configure<KestrelServerOptions>(static k => k.Limits.MaxConcurrentUpgradedConnections = 1));
        app.Expects = [typeof(InvalidOperationException)];
        using (var peer = await Peer.ReadyAsync(app.Socket()))
        {
            var (head, body) = await AskAsync(app, Good);
            AssertFailed(head, body);
            await app.Log.UntilAsync("the host could not open the WebSocket; the request is answered with 503, or cut off if its answer has begun");
            await app.Log.UntilAsync("ended: 1006 upgrade_failed");
            Assert.Equal(503, await Peer.RefusedAsync(app.Socket()));
            await peer.EchoAsync(1);
        }

        await app.Log.UntilAsync("1006 transport_lost");
        using var next = await ReadyWhenFreeAsync(app);
        await next.EchoAsync(1);
        Assert.Equal(1, app.Server.ConnectionCount);
    }

    [Theory]
    [InlineData(HttpProtocols.Http1)]
    [InlineData(HttpProtocols.Http2)]
    public async Task Whatever_the_host_throws_before_its_answer_has_begun_is_503_and_leaves_nothing_behind(HttpProtocols protocols)
    {
        await using var app = await TestApp.StartAsync(
            map: static a =>
            {
                a.Use(static (context, next) =>
                {
                    context.Features.Set<IHttpUpgradeFeature>(new Broken());
                    context.Features.Set<IHttpExtendedConnectFeature>(context.Request.Protocol == "HTTP/2" ? new Broken() : null);
                    return next(context);
                });
                a.MapAirlock("/chat", TestApp.Echo).AllowAnonymous();
            },
            protocols: protocols);
        app.Expects = [typeof(NotSupportedException), typeof(ArgumentException)];
        if (protocols == HttpProtocols.Http1)
        {
            var (head, body) = await AskAsync(app, Good);
            AssertFailed(head, body);
        }
        else
        {
            using var invoker = new HttpMessageInvoker(new SocketsHttpHandler());
            using var socket = new ClientWebSocket();
            (socket.Options.HttpVersion, socket.Options.HttpVersionPolicy, socket.Options.CollectHttpResponseDetails) = (HttpVersion.Version20, HttpVersionPolicy.RequestVersionExact, true);
            socket.Options.AddSubProtocol(Protocol.Name);
            await Assert.ThrowsAsync<WebSocketException>(() => socket.ConnectAsync(app.Socket(), invoker, TestContext.Current.CancellationToken));
            Assert.Equal(HttpStatusCode.ServiceUnavailable, socket.HttpStatusCode);
            Assert.Equal("5", Assert.Single(socket.HttpResponseHeaders!["Retry-After"]));
        }

        await app.Log.UntilAsync("ended: 1006 upgrade_failed");
        Assert.Equal(0, app.Server.ConnectionCount);
    }

    [Theory]
    [InlineData("Sec-WebSocket-Protocol: airlock.v1\r\n", "the host could not open the WebSocket", "1006 upgrade_failed")]
    [InlineData("", "the host could not write the refusal protocol_unsupported", "4030 protocol_unsupported")]
    [InlineData("Origin: https://foreign.example\r\n", "the host could not open the WebSocket", "1006 upgrade_failed")]
    public async Task An_answer_that_had_begun_before_is_cut_off_and_never_a_success(string headers, string told, string ended)
    {
        await using var app = await TestApp.StartAsync(static a =>
        {
            a.Use(static async (context, next) =>
            {
                await context.Response.StartAsync();
                await next(context);
            });
            a.MapAirlock("/chat", TestApp.Echo).AllowAnonymous();
        });
        app.Expects = [typeof(InvalidOperationException)];
        var answer = await AskToTheEndAsync(app, Good.Replace("Sec-WebSocket-Protocol: airlock.v1\r\n", headers, StringComparison.Ordinal));
        // Without its last chunk it is no whole answer (RFC 9112 §7.1).
        Assert.DoesNotContain("\r\n0\r\n", answer, StringComparison.Ordinal);
        await app.Log.UntilAsync(told);
        await app.Log.UntilAsync($"ended: {ended}");
        Assert.Equal(0, app.Server.ConnectionCount);
    }

    [Fact]
    public async Task An_application_that_lets_no_refusal_be_written_is_told_and_it_is_no_bug_of_ours()
    {
        await using var app = await TestApp.StartAsync(static a =>
        {
            a.Use(static (context, next) =>
            {
                context.Response.OnStarting(static () => throw new InvalidOperationException("The application's own."));
                return next(context);
            });
            a.MapAirlock("/chat", TestApp.Echo).AllowAnonymous();
        });
        app.Expects = [typeof(InvalidOperationException)];
        Assert.DoesNotContain("HTTP/1.1 200", await AskToTheEndAsync(app, Good.Replace("airlock.v1", "other", StringComparison.Ordinal)), StringComparison.Ordinal);
        // That no line tells of a bug is looked for at the end of every test.
        await app.Log.UntilAsync("the host could not write the refusal protocol_unsupported; the request is cut off");
        Assert.Equal(0, app.Server.ConnectionCount);
    }

    [Fact]
    public async Task Keys_that_cannot_be_had_for_the_cookie_are_503()
    {
        await using var app = await TestApp.StartAsync(services: static s => s.AddSingleton<IDataProtectionProvider>(new NoKeys()));
        app.Expects = [typeof(System.Security.Cryptography.CryptographicException)];
        var (head, body) = await AskAsync(app, Good);
        AssertFailed(head, body);
        await app.Log.UntilAsync("no keys today");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_bytes_are_seen_also_where_the_application_has_its_own_UseWebSockets(bool hasOwn)
    {
        await using var app = await TestApp.StartAsync(map: a =>
        {
            if (hasOwn)
            {
                a.UseWebSockets();
            }

            a.MapAirlock("/chat", TestApp.Echo).AllowAnonymous();
        });
        using var peer = await RawPeer.ConnectAsync(app.EndPoint);
        await peer.SendAsync(RawPeer.Frame(0x83, []));
        Assert.Equal(1002, await peer.CloseCodeAsync());
        await app.Log.UntilAsync("what the client sent breaks RFC 6455: OpcodeReserved");
        await app.Log.UntilAsync("1002 protocol_error");
    }

    [Fact]
    public async Task The_bytes_are_seen_over_http2()
    {
        await using var app = await TestApp.StartAsync(protocols: HttpProtocols.Http2);
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler());
        using var peer = await Peer.ConnectAsync(app.Socket(), static o => (o.HttpVersion, o.HttpVersionPolicy) = (HttpVersion.Version20, HttpVersionPolicy.RequestVersionExact), invoker: invoker);
        await peer.HelloAsync();
        await peer.NextAsync("ready");
        // Text that is not UTF-8 is 1002 where no bytes are seen, and 1007 where they are.
        await peer.SendAsync([0x22, 0xFF, 0x22], WebSocketMessageType.Text);
        await app.Log.UntilAsync("1007 invalid_utf8");
    }

    [Fact]
    public async Task A_reset_or_an_end_within_a_frame_is_a_lost_transport()
    {
        await using var app = await TestApp.StartAsync();
        using (var peer = await RawPeer.ConnectAsync(app.EndPoint))
        {
            await peer.SendAsync(RawPeer.Text(Peer.Hello())[..20]);
        }

        await app.Log.UntilAsync("1006 transport_lost");
    }

    private static void AssertFailed(string head, string body)
    {
        Assert.StartsWith("HTTP/1.1 503 ", head, StringComparison.Ordinal);
        Assert.Contains("\r\nRetry-After: 5\r\n", head, StringComparison.Ordinal);
        Assert.Contains("\r\nAirlock-Cause: upgrade_failed\r\n", head, StringComparison.Ordinal);
        Assert.Contains("\r\nContent-Type: application/json\r\n", head, StringComparison.Ordinal);
        Assert.DoesNotContain("Sec-WebSocket", head, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("\r\nUpgrade:", head, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("Set-Cookie", head, StringComparison.OrdinalIgnoreCase);
        Assert.Equal("upgrade_failed", (string)JsonNode.Parse(body)!["cause"]!);
    }

    /// <summary>Sends a request as it is and reads the whole answer.</summary>
    /// <summary>All that comes until the host closes or resets the stream.</summary>
    private static async Task<string> AskToTheEndAsync(TestApp app, string request)
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(app.EndPoint, TestContext.Current.CancellationToken);
        await tcp.GetStream().WriteAsync(Encoding.ASCII.GetBytes(request), TestContext.Current.CancellationToken);
        var answer = new StringBuilder();
        var buffer = new byte[4096];
        try
        {
            while (await tcp.GetStream().ReadAsync(buffer, TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience.Max, TestContext.Current.CancellationToken) is > 0 and var length)
            {
                answer.Append(Encoding.UTF8.GetString(buffer, 0, length));
            }
        }
        catch (IOException)
        {
            // A reset is an end, too.
        }

        return answer.ToString();
    }

    private static async Task<(string Head, string Body)> AskAsync(TestApp app, string request)
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(app.EndPoint, TestContext.Current.CancellationToken);
        await tcp.GetStream().WriteAsync(Encoding.ASCII.GetBytes(request), TestContext.Current.CancellationToken);
        var answer = new StringBuilder();
        var buffer = new byte[4096];
        while (!IsWhole(answer.ToString()))
        {
            var length = await tcp.GetStream().ReadAsync(buffer, TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
            Assert.True(length > 0, $"The answer ended early: {answer}");
            answer.Append(Encoding.UTF8.GetString(buffer, 0, length));
        }

        var text = answer.ToString();
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4;
        var (head, body) = (text[..end], text[end..]);
        return (head, body.Contains('{', StringComparison.Ordinal) ? body[body.IndexOf('{', StringComparison.Ordinal)..(body.LastIndexOf('}') + 1)] : "");

        bool IsWhole(string text) => text.Contains("\r\n\r\n", StringComparison.Ordinal) && (text.Contains('}', StringComparison.Ordinal) || request.StartsWith("HEAD", StringComparison.Ordinal));
    }

    /// <summary>The host notices late that an upgraded connection has ended.</summary>
    private static async Task<Peer> ReadyWhenFreeAsync(TestApp app)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            try
            {
                return await Peer.ReadyAsync(app.Socket());
            }
            catch (WebSocketException) when (!patience.IsCancellationRequested)
            {
                await Task.Delay(20, TestContext.Current.CancellationToken);
            }
        }
    }

    private sealed class Broken : IHttpUpgradeFeature, IHttpExtendedConnectFeature
    {
        public bool IsUpgradableRequest => true;

        public bool IsExtendedConnect => true;

        public string? Protocol => "websocket";

        public Task<Stream> UpgradeAsync() => throw new NotSupportedException("This host opens nothing.");

        public ValueTask<Stream> AcceptAsync() => throw new ArgumentException("This host opens nothing.");
    }

    private sealed class NoKeys : IDataProtectionProvider, IDataProtector
    {
        public IDataProtector CreateProtector(string purpose) => this;

        public byte[] Protect(byte[] plaintext) => throw new System.Security.Cryptography.CryptographicException("no keys today");

        public byte[] Unprotect(byte[] protectedData) => throw new System.Security.Cryptography.CryptographicException("no keys today");
    }
}
