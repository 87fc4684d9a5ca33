using Airlock.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Airlock.AspNetCore.Tests;

public sealed class LogSecrecyTests
{
    [Fact]
    public async Task Nothing_that_is_logged_at_trace_holds_a_token_or_a_ticket()
    {
        var secrets = new List<string>();
        await using var app = await TestApp.StartAsync(
            services: Tokens.AddBearer, map: a => a.MapAirlock("/chat", TestApp.Echo), airlock: static o => o.DrainTimeout = TimeSpan.FromMilliseconds(100));
        var good = Secret(Tokens.For("ann"));
        var wrong = Secret(Tokens.For("ann", wrongKey: true));
        var late = Secret(Tokens.For("ann", TimeSpan.FromSeconds(-5)));
        var refreshed = Secret(Tokens.For("ann"));
        foreach (var token in (string[])[good, wrong, late, Secret("not-a-jwt-at-all")])
        {
            using var header = await Peer.ConnectAsync(app.Socket(), o => o.SetRequestHeader("Authorization", $"Bearer {token}"));
            await header.HelloAsync();
            await EndAsync(header);
            using var subProtocol = await Peer.ConnectAsync(app.Socket(), o => o.AddSubProtocol(Protocol.TokenPrefix + token));
            await subProtocol.HelloAsync();
            await EndAsync(subProtocol);
            using var frame = await Peer.ConnectAsync(app.Socket());
            await frame.HelloAsync(token);
            await EndAsync(frame);
        }

        using var refreshing = await Peer.ReadyAsync(app.Socket(), good);
        await refreshing.SendAsync($$"""{"t":"refresh","token":"{{refreshed}}"}""");
        await refreshing.NextAsync("authed");
        await refreshing.SendAsync($$"""{"t":"refresh","token":"{{wrong}}"}""");
        await refreshing.ClosesWithAsync(CloseReason.TokenInvalid);

        var session = refreshing.Session;
        var used = Secret(await TicketTests.FetchAsync(app, "ann"));
        var unused = Secret(await TicketTests.FetchAsync(app, "ann"));
        using var query = await Peer.ConnectAsync(new Uri(app.Socket() + $"?x=1&ticket={used}"));
        await query.HelloAsync();
        await query.NextAsync("ready");
        using var again = await Peer.ConnectAsync(new Uri(app.Socket() + $"?ticket={used}"));
        await again.HelloAsync();
        await again.ClosesWithAsync(CloseReason.TicketInvalid);
        // Neither at a wrong path nor without a WebSocket.
        await app.Http.GetAsync($"/nowhere?ticket={unused}", TestContext.Current.CancellationToken);
        await app.Http.GetAsync($"/chat?ticket={unused}", TestContext.Current.CancellationToken);
        await app.StopAsync();

        Assert.NotEmpty(app.Log.Lines);
        Assert.Contains(app.Log.Lines, static l => l.Contains("Request starting", StringComparison.Ordinal) && l.Contains("x=1", StringComparison.Ordinal));
        foreach (var secret in secrets.Append(session))
        {
            // A signature is what makes a token one; its first part alone is the same in every token.
            var part = secret[(secret.LastIndexOf('.') + 1)..];
            Assert.DoesNotContain(app.Log.Lines, l => l.Contains(part, StringComparison.Ordinal));
        }

        string Secret(string value)
        {
            secrets.Add(value);
            return value;
        }
    }

    [Fact]
    public async Task Nothing_that_is_logged_at_trace_holds_a_proof_a_key_or_a_cookie()
    {
        await using var app = await TestApp.StartAsync(
            services: static s =>
            {
                s.AddDataProtection();
                s.AddAuthentication("key").AddScheme<KeySchemeOptions, KeyScheme>("key", null);
                s.AddAuthorization();
            },
            map: static a =>
            {
                a.MapAirlock("/open", TestApp.Echo).AllowAnonymous();
                a.MapAirlock("/known", TestApp.Echo).RequireAuthorization();
            },
            airlock: static o => o.DrainTimeout = TimeSpan.FromMilliseconds(100));
        var cookies = new System.Net.CookieContainer();
        using var first = await Peer.ReadyAsync(app.Socket("/open"), configure: o => o.Cookies = cookies);
        await first.EchoAsync(1);
        var secrets = new List<string> { "wrong-key-of-lee", KeyScheme.Good, "proof-made-up", first.Session, (string)first.Ready["proof"]!, cookies.GetCookies(new Uri(app.Address))[0].Value };
        first.Socket.Abort();
        foreach (var proof in (string[])["proof-made-up", (string)first.Ready["proof"]!])
        {
            using var next = await Peer.ConnectAsync(app.Socket("/open"), o => o.SetRequestHeader("Cookie", "airlock.anonymous=cookie-made-up"));
            secrets.Add((string)(await next.ReadyAfterAsync(null, Peer.Resume(first.Session, secrets.Count, 1, proof)))["proof"]!);
            secrets.Add(next.Session);
        }

        secrets.Add("cookie-made-up");
        foreach (var key in (string[])[KeyScheme.Good, "wrong-key-of-lee"])
        {
            foreach (var (name, value) in ((string, string)[])[("X-Api-Key", key), ("Cookie", $"key={key}")])
            {
                using var peer = await Peer.ConnectAsync(app.Socket("/known"), o => o.SetRequestHeader(name, value));
                await peer.HelloAsync();
                await EndAsync(peer);
                using var request = new HttpRequestMessage(HttpMethod.Post, "/known/ticket") { Headers = { { name, value } } };
                await app.Http.SendAsync(request, TestContext.Current.CancellationToken);
            }
        }

        await app.StopAsync();
        Assert.Contains(app.Log.Lines, static l => l.Contains("key", StringComparison.Ordinal));
        foreach (var secret in secrets)
        {
            Assert.DoesNotContain(app.Log.Lines, l => l.Contains(secret, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Nothing_that_a_client_sends_begins_a_line_of_its_own_in_the_log()
    {
        const string Forged = "forged";
        await using var app = await TestApp.StartAsync(
            services: Tokens.AddBearer,
            map: static a => a.MapAirlock("/chat", static Task (Turn turn) => throw new InvalidOperationException("A handler that fails logs the message's id.")),
            airlock: static o => o.Endpoint = new() { TriesMax = 1 });
        app.Expects = [typeof(InvalidOperationException)];
        // The user's name, which the server does not choose either.
        using var peer = await Peer.ReadyAsync(app.Socket(), Tokens.For($"ann\r\n{Forged}"));
        await peer.SendAsync(Peer.Data(1, "1"));
        await app.Log.UntilAsync("failed on try 1 of 1");
        foreach (var text in (string[])
        [
            $$"""{"t":"hello","v":1,"client":"c\n{{Forged}}","instance":"i"}""",
            $$"""{"t":"hello","v":1,"client":"c","instance":"i\r{{Forged}}"}""",
            $$"""{"t":"hello","v":1,"client":"c","instance":"i","sent":["cookie\n{{Forged}}"]}""",
            $$"""{"t":"data","s":1,"id":"m\n{{Forged}}","b":1}""",
            $$"""{"t":"x\n{{Forged}}"}""",
        ])
        {
            using var bad = await Peer.ConnectAsync(app.Socket());
            await bad.SendAsync(text);
            await bad.NextAsync("closing");
        }

        using var closing = await Peer.ReadyAsync(app.Socket(), Tokens.For("bob"));
        await closing.Socket.CloseOutputAsync(System.Net.WebSockets.WebSocketCloseStatus.NormalClosure, $"bye\r\n{Forged}", TestContext.Current.CancellationToken);
        await app.Log.UntilAsync("1000 client_closed");
        var own = app.Log.Lines.Where(static line => line.Split(' ')[1] == "Airlock").ToList();
        Assert.NotEmpty(own);
        Assert.DoesNotContain(own, static line => line.Contains(Forged, StringComparison.Ordinal));
    }

    private static async Task EndAsync(Peer peer)
    {
        while (await peer.NextAsync() is { } frame)
        {
            if ((string)frame["t"]! == "ready")
            {
                await peer.CloseAsync();
                return;
            }
        }
    }
}
