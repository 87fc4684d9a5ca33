using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Airlock.Client;
using Airlock.Server.Live;
using Airlock.Server.Tests.Processes;

namespace Airlock.Server.Tests.Live;

public sealed partial class LiveAccessTests
{
    [Fact]
    public async Task The_printed_link_makes_one_administrator_and_is_not_logged()
    {
        await using var server = await ServerProcess.StartAsync(("Logging:LogLevel:Default", "Trace"));
        var key = await KeyAsync(server);

        // Neither a foreign page nor a wrong key uses it up.
        using (var foreign = await SignInAsync(server, key, ("Origin", "https://evil.example")))
        {
            Assert.Equal(HttpStatusCode.Forbidden, foreign.StatusCode);
            Assert.Equal("origin_refused", (string?)(await BodyAsync(foreign))["cause"]);
        }

        using (var wrong = await SignInAsync(server, key[..^1]))
        {
            Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);
            Assert.Equal("key_refused", (string?)(await BodyAsync(wrong))["cause"]);
            Assert.False(wrong.Headers.Contains("Set-Cookie"));
        }

        using (var form = await server.SendAsync(HttpMethod.Post, "/live/sign-in", content: new StringContent($$"""{"key":"{{key}}"}""", Encoding.UTF8, "text/plain")))
        {
            Assert.Equal(HttpStatusCode.UnsupportedMediaType, form.StatusCode);
        }

        using var answer = await SignInAsync(server, key, ("Origin", server.Http.BaseAddress!.GetLeftPart(UriPartial.Authority)));
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        var cookie = Assert.Single(answer.Headers.GetValues("Set-Cookie"));
        Assert.StartsWith("airlock-live=", cookie);
        Assert.Contains("path=/live", cookie);
        Assert.Contains("httponly", cookie);
        Assert.Contains("samesite=strict", cookie);

        using (var again = await SignInAsync(server, key))
        {
            Assert.Equal(HttpStatusCode.Unauthorized, again.StatusCode);
            Assert.Equal("key_refused", (string?)(await BodyAsync(again))["cause"]);
        }

        Assert.Equal(HttpStatusCode.OK, await PageAsync(server, cookie.Split(';')[0]));
        await using var feed = Feed(server, cookie: cookie.Split(';')[0]);
        feed.Send(new { list = "connections", count = 50 });
        await foreach (var message in feed.MessagesAsync(TestContext.Current.CancellationToken))
        {
            var seen = message.As<JsonNode>()!;
            Assert.Equal("seen", (string?)seen["type"]);
            Assert.Equal("/live/feed", (string?)seen["rows"]![0]!["endpoint"]);
            Assert.Equal("Administrator", (string?)seen["rows"]![0]!["user"]);
            break;
        }

        Assert.Equal(2, server.Output.Split(key).Length);
    }

    [Fact]
    public async Task Who_is_no_administrator_is_told_so_and_sees_nothing()
    {
        await using var server = await ServerProcess.StartAsync(("Live:PrintLink", "false"));
        var (cookie, token) = await server.SignInAsync("administrator");
        Assert.Equal(HttpStatusCode.Unauthorized, await PageAsync(server, null));
        Assert.Equal(HttpStatusCode.Unauthorized, await PageAsync(server, cookie));
        Assert.Equal(HttpStatusCode.Forbidden, await PageAsync(server, null, token));
        Assert.Equal("credentials_missing", await RefusedAsync(server));
        Assert.Equal("credentials_missing", await RefusedAsync(server, cookie: cookie));
        Assert.Equal("forbidden", await RefusedAsync(server, token: token));
        using var signIn = await SignInAsync(server, "");
        Assert.Equal(HttpStatusCode.Unauthorized, signIn.StatusCode);
        Assert.DoesNotContain("Live view:", server.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://127.0.0.1:5080", "http://127.0.0.1:5080")]
    [InlineData("http://[::]:5080", "http://localhost:5080")]
    [InlineData("http://*:80", "http://localhost:80")]
    [InlineData("https://0.0.0.0:443", "https://localhost:443")]
    [InlineData("http://unix:/tmp/airlock.socket", null)]
    public void The_link_is_one_that_a_browser_here_can_open(string url, string? address) => Assert.Equal(address, LiveEndpoints.AddressOf(url));

    private static async Task<string> KeyAsync(ServerProcess server) => (await server.PrintedAsync(Link())).Groups[1].Value;

    private static Task<HttpResponseMessage> SignInAsync(ServerProcess server, string key, (string Name, string Value)? header = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/live/sign-in") { Content = JsonContent.Create(new { key }) };
        if (header is { } extra)
        {
            request.Headers.Add(extra.Name, extra.Value);
        }

        return server.Http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    private static async Task<HttpStatusCode> PageAsync(ServerProcess server, string? cookie, string? token = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/live");
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        if (cookie is not null)
        {
            request.Headers.Add("Cookie", cookie);
        }

        using var answer = await server.Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Contains("Skip to the connections", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.True(answer.Headers.CacheControl!.NoStore);
        return answer.StatusCode;
    }

    private static AirlockClient Feed(ServerProcess server, string? cookie = null, string? token = null)
    {
        var client = new AirlockClient(new Uri(server.Socket, "/live/feed"), new AirlockClientOptions
        {
            Token = token is null ? null : _ => new(token),
            ConfigureWebSocket = socket =>
            {
                if (cookie is not null)
                {
                    socket.SetRequestHeader("Cookie", cookie);
                }
            },
        });
        client.Start();
        return client;
    }

    /// <returns>The cause with which the feed closes.</returns>
    private static async Task<string> RefusedAsync(ServerProcess server, string? cookie = null, string? token = null)
    {
        await using var client = Feed(server, cookie, token);
        client.Send(new { count = 50 });
        return (await Assert.ThrowsAsync<AirlockClosedException>(() => client.Ready.WaitAsync(ServerProcess.Patience, TestContext.Current.CancellationToken))).Cause;
    }

    private static async Task<JsonNode> BodyAsync(HttpResponseMessage answer) => (await answer.Content.ReadFromJsonAsync<JsonNode>(TestContext.Current.CancellationToken))!;

    [GeneratedRegex(@"Live view: http://127\.0\.0\.1:\d+/live#key=([\w-]{32}) \(opens once, within ")]
    private static partial Regex Link();
}
