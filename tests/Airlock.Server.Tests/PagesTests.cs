using System.IO.Compression;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Airlock.Client;
using Airlock.Server.Tests.Processes;

namespace Airlock.Server.Tests;

public sealed partial class PagesTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private readonly ServerProcess _server = fixture.Server;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/", HttpStatusCode.OK)]
    [InlineData("/live", HttpStatusCode.Unauthorized)]
    [InlineData("/causes", HttpStatusCode.OK)]
    public async Task A_page_and_all_it_needs_are_few_requests_and_compressed(string page, HttpStatusCode status)
    {
        var html = await CompressedAsync(page, status);
        var parts = Source().Matches(html).Select(static m => m.Groups[1].Value).Distinct().ToList();
        // With it come the icon, who is signed in, a token and the socket.
        Assert.InRange(parts.Count, 4, 7);
        foreach (var part in parts)
        {
            Assert.NotEmpty(await CompressedAsync(part, HttpStatusCode.OK));
        }
    }

    [Fact]
    public async Task A_script_that_is_known_is_not_sent_again_and_tokens_are_not_compressed()
    {
        using var first = await _server.Http.GetAsync("/app/page.js", Stop);
        Assert.Equal("no-cache", first.Headers.CacheControl!.ToString());
        using var request = new HttpRequestMessage(HttpMethod.Get, "/app/page.js");
        request.Headers.IfNoneMatch.Add(first.Headers.ETag!);
        using var again = await _server.Http.SendAsync(request, Stop);
        Assert.Equal(HttpStatusCode.NotModified, again.StatusCode);

        var (cookie, _) = await _server.SignInAsync("small");
        using var token = new HttpRequestMessage(HttpMethod.Post, "/auth/token");
        token.Headers.Add("Cookie", cookie);
        token.Headers.AcceptEncoding.ParseAdd("br, gzip");
        using var given = await _server.Http.SendAsync(token, Stop);
        Assert.Empty(given.Content.Headers.ContentEncoding);
    }

    [Fact]
    public async Task Health_is_answered_where_the_documentation_sends_one()
    {
        foreach (var (path, probe) in new[] { ("/health", "ready"), ("/health/ready", "ready"), ("/health/live", "live"), ("/health/startup", "startup") })
        {
            using var answer = await _server.Http.GetAsync(path, Stop);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.Equal(probe, (string?)(await answer.Content.ReadFromJsonAsync<JsonNode>(Stop))!["probe"]);
        }
    }

    [Fact]
    public async Task A_user_may_cut_a_connection_of_their_own_and_no_other()
    {
        var (cookie, token) = await _server.SignInAsync("cutter");
        var (stranger, _) = await _server.SignInAsync("stranger");
        await using var client = new AirlockClient(_server.Socket, new AirlockClientOptions { Token = _ => ValueTask.FromResult<string?>(token) });
        var latest = "";
        client.StateChanged += change => Volatile.Write(ref latest, change.Connection ?? latest);
        client.Start();
        await client.Ready.WaitAsync(Patience.Max, Stop);
        await WaitUntilAsync(() => latest != "");
        var connection = latest;

        Assert.Equal(HttpStatusCode.Unauthorized, await CutAsync(null, connection));
        Assert.Equal(HttpStatusCode.NotFound, await CutAsync(stranger, connection));
        Assert.Equal(HttpStatusCode.NotFound, await CutAsync(cookie, "unknown"));
        Assert.Equal(HttpStatusCode.NotFound, await CutAsync(cookie, null));
        Assert.Equal(connection, latest);
        Assert.Equal(HttpStatusCode.NoContent, await CutAsync(cookie, connection));
        var question = client.Send(new { type = "history" });
        await question.Done.WaitAsync(Patience.Max, Stop);
        await WaitUntilAsync(() => latest != connection);
        Assert.Equal(HttpStatusCode.NotFound, await CutAsync(cookie, connection));
    }

    private static async Task WaitUntilAsync(Func<bool> isSo)
    {
        using var patience = new CancellationTokenSource(Patience.Max);
        while (!isSo())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), patience.Token);
        }
    }

    private async Task<HttpStatusCode> CutAsync(string? cookie, string? connection)
    {
        using var answer = await _server.SendAsync(HttpMethod.Post, "/demo/cut", cookie, JsonContent.Create(new { connection }));
        return answer.StatusCode;
    }

    private async Task<string> CompressedAsync(string path, HttpStatusCode status)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.AcceptEncoding.ParseAdd("gzip");
        using var answer = await _server.Http.SendAsync(request, Stop);
        Assert.Equal(status, answer.StatusCode);
        Assert.Equal(["gzip"], answer.Content.Headers.ContentEncoding);
        await using var text = new GZipStream(await answer.Content.ReadAsStreamAsync(Stop), CompressionMode.Decompress);
        using var reader = new StreamReader(text);
        return await reader.ReadToEndAsync(Stop);
    }

    [GeneratedRegex("(?:src|href)=\"(/app/[^\"]+)\"")]
    private static partial Regex Source();
}
