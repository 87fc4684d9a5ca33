using System.Net;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Airlock.Core;
using Airlock.Server.Telemetry;
using Airlock.Server.Tests.Processes;
using Airlock.Tests.Telemetry;

namespace Airlock.Server.Tests.Telemetry;

public sealed partial class MetricsTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private readonly ServerProcess _server = fixture.Server;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_scrape_has_what_the_page_says_and_no_more_and_every_query_asks_for_what_there_is()
    {
        var scrape = await ScrapeAfterAllHasHappenedAsync();
        var own = scrape.Where(static family => family.Key.StartsWith("airlock_", StringComparison.Ordinal)).ToDictionary();
        var breaker = own["airlock_breaker_state"];
        Assert.Equal(["airlock_breaker", "airlock_state"], breaker.Labels.Order(StringComparer.Ordinal));
        Assert.Equal(
            OperatingPage.Rows("instruments").Select(static row => $"{row[2]} | {string.Join(", ", row[3].Split(", ", StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal))} | {row[4]}").Order(StringComparer.Ordinal),
            own.Where(static family => family.Key != "airlock_breaker_state").Select(static family =>
                $"{family.Key} | {string.Join(", ", family.Value.Labels.Select(static l => l["airlock_".Length..]).Order(StringComparer.Ordinal))} | {family.Value.Help}").Order(StringComparer.Ordinal));

        var page = OperatingPage.Read("docs/operating.md");
        var rules = OperatingPage.Read("docs/operating/alerts.yml");
        var labels = own.Values.SelectMany(static family => family.Labels).ToHashSet();
        var used = Name().Matches(page + rules).Select(static m => m.Value).Distinct().Where(name => !labels.Contains(name)).ToList();
        Assert.True(used.Count > 15);
        Assert.All(used, name => Assert.True(scrape.ContainsKey(name) || scrape.ContainsKey(Suffix().Replace(name, "")), $"Nothing serves {name}."));
        var rows = Rule().Matches(rules).Select(static m => m.Groups[1].Value).ToList();
        Assert.All(rows, alert => Assert.Contains($"| `{alert}` |", page));
    }

    [Fact]
    public async Task The_tests_of_the_rules_ask_for_series_that_a_server_serves()
    {
        var scrape = await ScrapeAfterAllHasHappenedAsync();
        var tried = Series().Matches(OperatingPage.Read("docs/operating/alerts.test.yml")).Select(static m => m.Groups[1].Value).Distinct().ToList();
        Assert.True(tried.Count > 20);
        Assert.All(tried, series =>
        {
            var name = series[..series.IndexOf('{')];
            Assert.True(scrape.TryGetValue(name, out var family) || scrape.TryGetValue(Suffix().Replace(name, ""), out family), $"Nothing serves {name}.");
            var labels = Pair().Matches(series).ToDictionary(static m => m.Groups[1].Value, static m => m.Groups[2].Value);
            Assert.Equal(family.Labels.Append("instance").Order(StringComparer.Ordinal), labels.Keys.Where(static label => label != "le").Order(StringComparer.Ordinal));
            if (labels.TryGetValue("le", out var bound))
            {
                Assert.Contains($"le=\"{bound}\"", family.Text);
            }

            if (labels.TryGetValue("airlock_code", out var code))
            {
                var reason = Assert.Single(CloseReason.All, reason => reason.Cause == labels["airlock_cause"]);
                Assert.Contains(code, new[] { $"{reason.Code}", $"{reason.ResumeCode}" });
            }
        });
    }

    [Fact]
    public async Task What_an_alert_counts_is_there_with_zero_before_anybody_has_come()
    {
        await using var fresh = await ServerProcess.StartAsync();
        var scrape = Parse(await fresh.Http.GetStringAsync(TelemetryServices.MetricsPath, Stop));
        var counted = Counted().Matches(OperatingPage.Read("docs/operating/alerts.yml")).Select(static m => (Name: m.Groups[1].Value, Label: m.Groups[2].Value, Values: m.Groups[3].Value)).Distinct().ToList();
        Assert.True(counted.Count > 4);
        foreach (var (name, label, values) in counted)
        {
            Assert.True(scrape.TryGetValue(name, out var family), $"{name} is not there from the start.");
            foreach (var value in values.Split('|'))
            {
                // Of every endpoint.
                var lines = family.Text.Split('\n').Where(line => line.Contains($"{label}=\"{value}\"", StringComparison.Ordinal)).ToList();
                Assert.Contains(lines, static line => line.Contains("airlock_endpoint=\"/chat\"", StringComparison.Ordinal));
                Assert.All(lines, static line => Assert.Matches("} 0( \\d+)?$", line));
            }
        }
    }

    [Fact]
    public async Task Only_this_machine_may_read_them_unless_that_is_meant()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, TelemetryServices.MetricsPath);
        request.Headers.Add("X-Forwarded-For", "203.0.113.7");
        using var refused = await _server.Http.SendAsync(request, Stop);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.DoesNotContain("airlock_", await refused.Content.ReadAsStringAsync(Stop));

        foreach (var (allowed, status) in new[] { ("false", HttpStatusCode.Forbidden), ("true", HttpStatusCode.OK) })
        {
            await using var open = await ServerProcess.StartAsync(("SignIn:AllowRemote", "true"), ("Telemetry:AllowRemoteMetrics", allowed));
            using var again = new HttpRequestMessage(HttpMethod.Get, TelemetryServices.MetricsPath);
            again.Headers.Add("X-Forwarded-For", "203.0.113.7");
            using var answer = await open.Http.SendAsync(again, Stop);
            Assert.Equal(status, answer.StatusCode);
        }
    }

    /// <summary>A start, a turn, a cut, a resume that tells of it, and the end.</summary>
    private async Task<Dictionary<string, Family>> ScrapeAfterAllHasHappenedAsync()
    {
        // Another user each time: an id is one message of its user.
        var (_, token) = await _server.SignInAsync($"measured {Guid.NewGuid():N}");
        string Hello(string more) => $$$"""{"t":"hello","v":1,"client":"test/1","instance":"i","auth":{"token":"{{{token}}}"}{{{more}}}}""";
        string session;
        string connection;
        using (var first = new ClientWebSocket())
        {
            await ConnectAsync(first);
            connection = (string)(await UntilAsync(first, "open"))["connection"]!;
            await SendAsync(first, Hello(""));
            session = (string)(await UntilAsync(first, "ready"))["session"]!;
            await SendAsync(first, """{"t":"data","s":1,"id":"measured-1","b":{"type":"history"}}""");
            await UntilAsync(first, "data");
            first.Abort();
        }

        using var second = new ClientWebSocket();
        await ConnectAsync(second);
        await UntilAsync(second, "open");
        await SendAsync(second, Hello($$$""","resume":{"session":"{{{session}}}","attempt":2,"received":1},"saw":[{"connection":"{{{connection}}}","code":1006,"cause":"transport_lost","silence":5}]"""));
        Assert.Equal("resumed", (string?)(await UntilAsync(second, "ready"))["resume"]);
        await SendAsync(second, """{"t":"bye"}""");
        await UntilAsync(second, "closing");
        await second.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, Stop);

        // What ends is counted just after its last frame, and a scrape may be a moment old.
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        patience.CancelAfter(ServerProcess.Patience);
        while (true)
        {
            var families = Parse(await _server.Http.GetStringAsync(TelemetryServices.MetricsPath, patience.Token));
            if (families.Values.Any(static family => family.Text.Contains("airlock_cause=\"bye\"", StringComparison.Ordinal)) && families.ContainsKey("airlock_connection_closes_explained_total"))
            {
                return families;
            }
        }
    }

    private static Dictionary<string, Family> Parse(string scrape)
    {
        var families = new Dictionary<string, Family>();
        foreach (var line in scrape.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith("# HELP ", StringComparison.Ordinal))
            {
                var (name, help) = (line.Split(' ')[2], string.Join(' ', line.Split(' ')[3..]));
                families[name] = new Family(help, [], "");
            }
            else if (!line.StartsWith('#'))
            {
                var name = line[..line.AsSpan().IndexOfAny('{', ' ')];
                var key = families.ContainsKey(name) ? name : Suffix().Replace(name, "");
                if (families.TryGetValue(key, out var family))
                {
                    family.Labels.UnionWith(Label().Matches(line).Select(static m => m.Groups[1].Value).Where(static l => l is not ("le" or "otel_scope_name")));
                    families[key] = family with { Text = family.Text + line + "\n" };
                }
            }
        }

        return families;
    }

    private Task ConnectAsync(ClientWebSocket socket)
    {
        socket.Options.AddSubProtocol("airlock.v1");
        return socket.ConnectAsync(_server.Socket, Stop);
    }

    private static Task SendAsync(ClientWebSocket socket, string text) => socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, Stop);

    private static async Task<JsonNode> UntilAsync(ClientWebSocket socket, string type)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        patience.CancelAfter(ServerProcess.Patience);
        var buffer = new byte[128 * 1024];
        while (true)
        {
            var length = 0;
            ValueWebSocketReceiveResult received;
            do
            {
                received = await socket.ReceiveAsync(buffer.AsMemory(length), patience.Token);
                length += received.Count;
            }
            while (!received.EndOfMessage);
            Assert.Equal(WebSocketMessageType.Text, received.MessageType);
            var message = JsonNode.Parse(buffer.AsSpan(0, length))!;
            var frames = message is JsonArray several ? several.AsEnumerable() : [message];
            if (frames.FirstOrDefault(frame => (string?)frame!["t"] == type) is { } found)
            {
                return found;
            }
        }
    }

    [GeneratedRegex("(_bucket|_sum|_count)$")]
    private static partial Regex Suffix();

    [GeneratedRegex("([a-z_]+)=\"")]
    private static partial Regex Label();

    [GeneratedRegex(@"\b(airlock|dotnet)_[a-z_]*[a-z]\b")]
    private static partial Regex Name();

    [GeneratedRegex(@"- alert: (\w+)")]
    private static partial Regex Rule();

    [GeneratedRegex("series: '([^']+)'")]
    private static partial Regex Series();

    [GeneratedRegex("(\\w+)=\"([^\"]*)\"")]
    private static partial Regex Pair();

    [GeneratedRegex("(airlock_\\w+_total)\\{(\\w+)=~?\"([^\"]+)\"\\}")]
    private static partial Regex Counted();

    private sealed record Family(string Help, HashSet<string> Labels, string Text);
}
