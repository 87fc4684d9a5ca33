using System.Net;

namespace Airlock.AspNetCore.Tests;

/// <summary>The guide's chat, built and run as it is written, with the three clients that a reader would use.</summary>
public sealed class GuideTests(GuideApp guide) : IClassFixture<GuideApp>
{
    [Fact]
    public async Task The_guide_leads_to_a_working_chat()
    {
        using var http = new HttpClient { BaseAddress = guide.Address };
        Assert.Contains("AirlockClient", await http.GetStringAsync("/", TestContext.Current.CancellationToken));
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/airlock/index.js", TestContext.Current.CancellationToken)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/health/ready", TestContext.Current.CancellationToken)).StatusCode);
        var socket = new UriBuilder(guide.Address) { Scheme = "ws", Path = "/chat" }.Uri;
        using var ann = await Peer.ReadyAsync(socket);
        using var bob = await Peer.ReadyAsync(socket);
        await ann.SendAsync(Peer.Data(1, """{"name":"ann","text":"is here"}"""));
        Assert.Equal("ann", (string)(await ann.NextAsync("data"))["b"]!["name"]!);
        await bob.SendAsync(Peer.Data(1, """{"name":"bob","text":"hello ann"}"""));
        var heard = (await ann.NextAsync("data"))["b"]!;
        Assert.Equal(("bob", "hello ann"), ((string)heard["name"]!, (string)heard["text"]!));
        await bob.SendAsync(Peer.Data(2, """{"name":"bob"}"""));
        await bob.NextAsync("data");
        Assert.NotNull((await bob.NextAsync("data"))["b"]!["error"]);
    }

    [Fact]
    public async Task The_NET_clients_README_talks_to_the_guides_server()
    {
        var lines = await guide.VisitAsync();
        Assert.Single(lines, "Where does my AI spend go?");
        // "12:34:56.789 Accepted": without the time.
        var states = lines.Where(static line => line is [_, _, ':', ..]).Select(static line => line[12..].Trim());
        Assert.Equal("Connecting, Accepted, Authenticated, ServicesReady, ProcessingReady, Closing bye, Closed bye", string.Join(", ", states));
    }

    [Fact]
    public async Task The_guides_page_talks_in_a_browser()
    {
        var folder = Path.Combine(GuideApp.Root, "tests/browser");
        Assert.SkipUnless(Directory.Exists(Path.Combine(folder, "node_modules/playwright-core")), "The packages of tests/browser are missing: npm ci.");
        Assert.SkipUnless(File.Exists(Environment.GetEnvironmentVariable("CHROMIUM") ?? "/usr/bin/chromium"), "chromium is missing.");
        Assert.Equal("ok\n", await guide.RunAsync("node", folder, "guidePage.js", guide.Address.OriginalString));
    }
}
