using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text.Json.Nodes;
using Airlock.Server.SignIn;
using Airlock.Server.Tests.Processes;

namespace Airlock.Server.Tests.SignIn;

public sealed class LoopbackGuardTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private const string WayOut = "SignIn:AllowRemote=true";

    private readonly ServerProcess _server = fixture.Server;

    [Theory]
    [InlineData("localhost", true)]
    [InlineData("LOCALHOST", true)]
    [InlineData("airlock.localhost", true)]
    [InlineData("127.0.0.1", true)]
    [InlineData("127.8.9.10", true)]
    [InlineData("[::1]", true)]
    [InlineData("[::ffff:127.0.0.1]", true)]
    [InlineData("", false)]
    [InlineData("*", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("[::]", false)]
    [InlineData("192.168.1.2", false)]
    [InlineData("128.0.0.1", false)]
    [InlineData("[2001:db8::1]", false)]
    [InlineData("notlocalhost", false)]
    [InlineData("localhost.example.com", false)]
    [InlineData("127.0.0.1.example.com", false)]
    public void Only_loopback_is_loopback(string host, bool isLoopback) => Assert.Equal(isLoopback, LoopbackGuard.IsLoopback(host));

    [Theory]
    [InlineData("ASPNETCORE_URLS", "http://0.0.0.0:0")]
    [InlineData("ASPNETCORE_URLS", "http://*:0")]
    [InlineData("ASPNETCORE_URLS", "http://[::]:0")]
    [InlineData("ASPNETCORE_URLS", "http://a-name-of-this-machine:0")]
    [InlineData("ASPNETCORE_URLS", "http://unix:/tmp/airlock.socket")]
    [InlineData("Kestrel:Endpoints:One:Url", "http://0.0.0.0:0")]
    public async Task The_local_sign_in_does_not_listen_where_others_reach_it(string name, string value)
    {
        var (exitCode, output) = await ServerProcess.RunAsync((name, value));
        Assert.Equal(1, exitCode);
        Assert.Contains("The local sign-in lets anybody in, so it does not listen on ", output);
        Assert.Contains(WayOut, output);
        Assert.DoesNotContain("Now listening on", output);
        Assert.DoesNotContain("Unhandled exception", output);
    }

    [Fact]
    public async Task It_does_if_that_is_meant()
    {
        await using var server = await ServerProcess.StartAsync(("ASPNETCORE_URLS", "http://0.0.0.0:0"), ("SignIn:AllowRemote", "true"));
        Assert.NotEmpty((await server.SignInAsync("Ann")).Token);
        foreach (var (header, value) in new[] { ("Host", "chat.example.com"), ("X-Forwarded-For", "203.0.113.7") })
        {
            using var answer = await SendAsync(server, HttpMethod.Get, "/auth/info", (header, value));
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
    }

    [Fact]
    public async Task An_authority_may_be_served_anywhere_and_under_any_name()
    {
        await using var server = await ServerProcess.StartAsync(("ASPNETCORE_URLS", "http://0.0.0.0:0"), ("SignIn:Authority", "https://login.example.com"));
        using var answer = await SendAsync(server, HttpMethod.Get, "/auth/info", ("Host", "chat.example.com"));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Theory]
    [InlineData("GET", "/")]
    [InlineData("GET", "/auth/info")]
    [InlineData("POST", "/auth/sign-in")]
    [InlineData("POST", "/auth/token")]
    [InlineData("POST", "/chat/ticket")]
    [InlineData("GET", "/chat")]
    [InlineData("GET", "/nowhere")]
    public async Task A_foreign_host_name_is_refused_and_told_what_to_do(string method, string path)
    {
        using var answer = await SendAsync(_server, new HttpMethod(method), path, ("Host", "rebound.example.com:5080"));
        await AssertRefusedAsync(answer, HttpStatusCode.BadRequest, "host_refused");
    }

    [Fact]
    public async Task Nobody_gets_a_token_under_a_foreign_host_name_even_with_the_cookie()
    {
        var (cookie, token) = await _server.SignInAsync("Ann");
        using var refused = await SendAsync(_server, HttpMethod.Post, "/auth/token", ("Host", "rebound.example.com"), ("Cookie", cookie));
        await AssertRefusedAsync(refused, HttpStatusCode.BadRequest, "host_refused");
        using var ticket = await SendAsync(_server, HttpMethod.Post, "/chat/ticket", ("Host", "rebound.example.com"), ("Authorization", $"Bearer {token}"));
        await AssertRefusedAsync(ticket, HttpStatusCode.BadRequest, "host_refused");
    }

    [Theory]
    [InlineData("Host", "rebound.example.com", HttpStatusCode.BadRequest)]
    [InlineData("X-Forwarded-For", "203.0.113.7", HttpStatusCode.Forbidden)]
    [InlineData("Host", "airlock.localhost", HttpStatusCode.SwitchingProtocols)]
    public async Task A_web_socket_is_refused_before_its_upgrade(string header, string value, HttpStatusCode status)
    {
        using var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        socket.Options.AddSubProtocol("airlock.v1");
        socket.Options.SetRequestHeader(header, value);
        var opened = await Record.ExceptionAsync(() => socket.ConnectAsync(_server.Socket, TestContext.Current.CancellationToken).WaitAsync(ServerProcess.Patience, TestContext.Current.CancellationToken));
        Assert.Equal(status, socket.HttpStatusCode);
        Assert.Equal(status == HttpStatusCode.SwitchingProtocols, opened is null);
    }

    [Theory]
    [InlineData("127.0.0.1", HttpStatusCode.OK)]
    [InlineData("::1, 127.0.0.1:4711", HttpStatusCode.OK)]
    [InlineData("203.0.113.7", HttpStatusCode.Forbidden)]
    [InlineData("127.0.0.1, 192.168.1.2", HttpStatusCode.Forbidden)]
    [InlineData("unknown", HttpStatusCode.Forbidden)]
    public async Task Whom_a_proxy_on_this_machine_speaks_for_is_elsewhere_if_it_says_so(string forwardedFor, HttpStatusCode status)
    {
        using var answer = await SendAsync(_server, HttpMethod.Get, "/auth/info", ("X-Forwarded-For", forwardedFor));
        Assert.Equal(status, answer.StatusCode);
        if (status == HttpStatusCode.Forbidden)
        {
            await AssertRefusedAsync(answer, status, "remote_refused");
        }
    }

    [Fact]
    public async Task A_remote_address_that_is_not_loopback_is_refused()
    {
        // The framework's own way to take a proxy's word: then the connection itself has that address.
        await using var server = await ServerProcess.StartAsync(("ASPNETCORE_FORWARDEDHEADERS_ENABLED", "true"));
        using var remote = await SendAsync(server, HttpMethod.Post, "/auth/token", ("X-Forwarded-For", "203.0.113.7"));
        await AssertRefusedAsync(remote, HttpStatusCode.Forbidden, "remote_refused");
        using var local = await SendAsync(server, HttpMethod.Get, "/auth/info", ("X-Forwarded-For", "127.0.0.2"));
        Assert.Equal(HttpStatusCode.OK, local.StatusCode);
    }

    private static async Task<HttpResponseMessage> SendAsync(ServerProcess server, HttpMethod method, string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path) { Content = method == HttpMethod.Post ? JsonContent.Create(new { name = "Ann" }) : null };
        foreach (var (name, value) in headers)
        {
            request.Headers.Add(name, value);
        }

        return await server.Http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    private static async Task AssertRefusedAsync(HttpResponseMessage answer, HttpStatusCode status, string cause)
    {
        Assert.Equal(status, answer.StatusCode);
        Assert.False(answer.Headers.Contains("Set-Cookie"));
        Assert.Contains("Content-Security-Policy", answer.Headers.Select(static header => header.Key));
        var body = (await answer.Content.ReadFromJsonAsync<JsonNode>(TestContext.Current.CancellationToken))!;
        Assert.Equal(cause, (string?)body["cause"]);
        Assert.Contains(WayOut, (string?)body["message"]);
    }
}
