using System.Net;
using System.Net.Http.Json;
using System.Security.Claims;
using System.Text.Json.Nodes;
using Airlock.Core;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Airlock.AspNetCore.Tests;

/// <summary>The five carriers, and what wrong credentials get.</summary>
public sealed class CredentialTests
{
    [Fact]
    public async Task The_authorization_header_carries_a_token()
    {
        await using var app = await StartAsync();
        using var peer = await Peer.ConnectAsync(app.Socket(), o => o.SetRequestHeader("Authorization", $"Bearer {Tokens.For("ann")}"));
        Assert.Equal(["authorization"], Carriers(await peer.NextAsync("open")));
        await peer.HelloAsync();
        var authed = await peer.NextAsync("authed");
        Assert.Equal("ann", (string)authed["user"]!);
        Assert.InRange((long)authed["expires"]! - DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), 200_000, 300_000);
        Assert.True((long)authed["refreshBefore"]! < (long)authed["expires"]!);
        await peer.NextAsync("ready");
    }

    [Fact]
    public async Task The_sub_protocol_carries_a_token_and_is_never_selected()
    {
        await using var app = await StartAsync();
        using var peer = await Peer.ConnectAsync(app.Socket(), o =>
        {
            o.AddSubProtocol(Protocol.TokenPrefix + Tokens.For("ann"));
            o.AddSubProtocol(Protocol.Name);
        }, protocol: null);
        Assert.Equal(Protocol.Name, peer.Socket.SubProtocol);
        Assert.Equal(["subprotocol"], Carriers(await peer.NextAsync("open")));
        await peer.HelloAsync();
        Assert.Equal("ann", (string)(await peer.NextAsync("authed"))["user"]!);
    }

    [Fact]
    public async Task The_first_frame_carries_a_token()
    {
        await using var app = await StartAsync();
        using var peer = await Peer.ConnectAsync(app.Socket());
        Assert.Empty(Carriers(await peer.NextAsync("open")));
        await peer.HelloAsync(Tokens.For("ann"));
        Assert.Equal("ann", (string)(await peer.NextAsync("authed"))["user"]!);
    }

    [Fact]
    public async Task A_token_in_the_query_counts_for_nothing()
    {
        await using var app = await StartAsync();
        var token = Tokens.For("ann");
        using var peer = await Peer.ConnectAsync(new Uri($"{app.Socket()}?access_token={token}&token={token}&ticket={token}"));
        Assert.Equal(["ticket"], Carriers(await peer.NextAsync("open")));
        await peer.HelloAsync();
        // A long-lived token is no ticket, either.
        await peer.ClosesWithAsync(CloseReason.TicketInvalid);
        using var other = await Peer.ConnectAsync(new Uri($"{app.Socket()}?access_token={token}&token={token}"));
        Assert.Empty(Carriers(await other.NextAsync("open")));
        await other.HelloAsync();
        await other.ClosesWithAsync(CloseReason.CredentialsMissing);
    }

    [Fact]
    public async Task A_cookie_carries_a_user_and_an_explicit_token_beats_it()
    {
        await using var app = await TestApp.StartAsync(
            services: s => s.AddAuthentication("both")
                .AddPolicyScheme("both", null, o => o.ForwardDefaultSelector = c => c.Request.Headers.Authorization.Count > 0 ? JwtBearerDefaults.AuthenticationScheme : CookieAuthenticationDefaults.AuthenticationScheme)
                .AddCookie(o => o.Cookie.SecurePolicy = Microsoft.AspNetCore.Http.CookieSecurePolicy.None).AddJwtBearer(Tokens.Accept),
            map: a =>
            {
                a.MapGet("/login", () => Microsoft.AspNetCore.Http.Results.SignIn(new ClaimsPrincipal(new ClaimsIdentity([new Claim("sub", "cookie-user")], "x")), authenticationScheme: CookieAuthenticationDefaults.AuthenticationScheme));
                a.MapAirlock("/chat", TestApp.Echo);
            });
        var cookies = new CookieContainer();
        using var browser = new HttpClient(new SocketsHttpHandler { CookieContainer = cookies });
        (await browser.GetAsync(new Uri(app.Address + "/login"), TestContext.Current.CancellationToken)).EnsureSuccessStatusCode();

        using var peer = await Peer.ConnectAsync(app.Socket(), o => o.Cookies = cookies);
        Assert.Equal(["cookie"], Carriers(await peer.NextAsync("open")));
        await peer.HelloAsync();
        Assert.Equal("cookie-user", (string)(await peer.NextAsync("authed"))["user"]!);

        using var other = await Peer.ConnectAsync(app.Socket(), o => o.Cookies = cookies);
        await other.HelloAsync(Tokens.For("ann"));
        Assert.Equal("ann", (string)(await other.NextAsync("authed"))["user"]!);

        using var wrong = await Peer.ConnectAsync(app.Socket(), o => o.Cookies = cookies);
        await wrong.HelloAsync(Tokens.For("ann", wrongKey: true));
        await wrong.ClosesWithAsync(CloseReason.TokenInvalid);
    }

    public static TheoryData<string, string> Refused => new()
    {
        { "missing", "credentials_missing" },
        { "no jwt", "credentials_malformed" },
        { "a.b.c", "credentials_malformed" },
        { "expired", "token_expired" },
        { "wrong key", "token_invalid" },
        { "wrong audience", "token_invalid" },
        { "no subject", "subject_missing" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task Credentials_that_are_not_valid_close_with_their_cause(string credentials, string cause)
    {
        await using var app = await StartAsync();
        using var bystander = await Peer.ReadyAsync(app.Socket(), Tokens.For("bob"));
        var token = credentials switch
        {
            "missing" => null,
            "expired" => Tokens.For("ann", TimeSpan.FromSeconds(-10)),
            "wrong key" => Tokens.For("ann", wrongKey: true),
            "wrong audience" => Tokens.For("ann", audience: "elsewhere"),
            "no subject" => Tokens.For(""),
            _ => credentials,
        };
        using var peer = await Peer.ConnectAsync(app.Socket());
        await peer.HelloAsync(token);
        var closing = await peer.ClosesWithAsync(CloseReason.All.Single(r => r.Cause == cause));
        Assert.Equal("never", (string)closing["retry"]!);
        await bystander.EchoAsync(1);
    }

    [Theory]
    [InlineData("Bearer")]
    [InlineData("Basic YTpi")]
    public async Task A_header_that_no_scheme_reads_is_malformed(string header)
    {
        await using var app = await StartAsync();
        using var bystander = await Peer.ReadyAsync(app.Socket(), Tokens.For("bob"));
        using var peer = await Peer.ConnectAsync(app.Socket(), o => o.SetRequestHeader("Authorization", header));
        await peer.HelloAsync();
        await peer.ClosesWithAsync(CloseReason.CredentialsMalformed);
        await bystander.EchoAsync(1);
    }

    [Fact]
    public async Task Two_explicit_credentials_that_disagree_are_refused()
    {
        await using var app = await StartAsync();
        using var bystander = await Peer.ReadyAsync(app.Socket(), Tokens.For("bob"));
        using var peer = await Peer.ConnectAsync(app.Socket(), o => o.SetRequestHeader("Authorization", $"Bearer {Tokens.For("ann")}"));
        await peer.HelloAsync(Tokens.For("bob"));
        await peer.ClosesWithAsync(CloseReason.CredentialsConflict);
        await bystander.EchoAsync(1);
    }

    [Fact]
    public async Task Two_explicit_credentials_of_which_one_is_not_valid_are_refused()
    {
        await using var app = await StartAsync();
        using var bystander = await Peer.ReadyAsync(app.Socket(), Tokens.For("bob"));
        using var peer = await Peer.ConnectAsync(app.Socket(), o => o.SetRequestHeader("Authorization", $"Bearer {Tokens.For("ann", wrongKey: true)}"));
        await peer.HelloAsync(Tokens.For("ann"));
        await peer.ClosesWithAsync(CloseReason.CredentialsConflict);
        await bystander.EchoAsync(1);
    }

    [Fact]
    public async Task Two_explicit_credentials_of_one_user_agree()
    {
        await using var app = await StartAsync();
        using var peer = await Peer.ConnectAsync(app.Socket(), o => o.SetRequestHeader("Authorization", $"Bearer {Tokens.For("ann")}"));
        await peer.HelloAsync(Tokens.For("ann"));
        Assert.Equal("ann", (string)(await peer.NextAsync("authed"))["user"]!);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Of_credentials_that_agree_the_earlier_end_counts(bool headerIsEarlier)
    {
        await using var app = await StartAsync();
        var (early, late) = (DateTimeOffset.FromUnixTimeSeconds(DateTimeOffset.UtcNow.ToUnixTimeSeconds()).AddHours(1), DateTimeOffset.UtcNow.AddHours(2));
        using var peer = await Peer.ConnectAsync(app.Socket(), o => o.SetRequestHeader("Authorization", $"Bearer {Tokens.For("ann", until: headerIsEarlier ? early : late)}"));
        await peer.HelloAsync(Tokens.For("ann", until: headerIsEarlier ? late : early));
        Assert.Equal(early.ToUnixTimeMilliseconds(), (long)(await peer.NextAsync("authed"))["expires"]!);
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public async Task Of_a_ticket_and_a_token_that_agree_the_earlier_end_counts(bool ticketIsEarlier, bool inQuery)
    {
        await using var app = await StartAsync();
        var (early, late) = (DateTimeOffset.FromUnixTimeSeconds(DateTimeOffset.UtcNow.ToUnixTimeSeconds()).AddHours(1), DateTimeOffset.UtcNow.AddHours(2));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/chat/ticket") { Headers = { { "Authorization", $"Bearer {Tokens.For("ann", until: ticketIsEarlier ? early : late)}" } } };
        var ticket = (string)(await (await app.Http.SendAsync(request, TestContext.Current.CancellationToken)).Content.ReadFromJsonAsync<JsonObject>(TestContext.Current.CancellationToken))!["ticket"]!;
        var token = Tokens.For("ann", until: ticketIsEarlier ? late : early);
        using var peer = await Peer.ConnectAsync(
            new Uri(app.Socket() + (inQuery ? $"?ticket={ticket}" : "")), inQuery ? null : o => o.SetRequestHeader("Authorization", $"Bearer {token}"));
        await peer.HelloAsync(token: inQuery ? token : null, ticket: inQuery ? null : ticket);
        Assert.Equal(early.ToUnixTimeMilliseconds(), (long)(await peer.NextAsync("authed"))["expires"]!);
    }

    [Fact]
    public async Task Signing_keys_that_cannot_be_had_are_our_fault()
    {
        // A port where nobody listens: the authority's metadata cannot be fetched.
        await using var app = await TestApp.StartAsync(
            services: s => s.AddAuthentication().AddJwtBearer(o =>
            {
                o.Authority = "http://127.0.0.1:1/";
                o.RequireHttpsMetadata = false;
            }),
            map: MapWithOneForAnybody);
        using var bystander = await Peer.ReadyAsync(app.Socket("/open"));
        using var peer = await Peer.ConnectAsync(app.Socket());
        await peer.HelloAsync(Tokens.For("ann"));
        var closing = await peer.ClosesWithAsync(CloseReason.AuthenticationUnavailable);
        Assert.Equal(5000, (int)closing["retryAfter"]!);
        using var resuming = await Peer.ConnectAsync(app.Socket());
        await resuming.HelloAsync(Tokens.For("ann"), Peer.Resume("s_x", 2, 0));
        await resuming.ClosesWithAsync(CloseReason.AuthenticationUnavailable, hasSession: true);
        await bystander.EchoAsync(1);
    }

    [Fact]
    public async Task A_scheme_without_any_key_is_unavailable()
    {
        await using var app = await TestApp.StartAsync(services: s => s.AddAuthentication().AddJwtBearer(), map: MapWithOneForAnybody);
        using var bystander = await Peer.ReadyAsync(app.Socket("/open"));
        using var peer = await Peer.ConnectAsync(app.Socket());
        await peer.HelloAsync(Tokens.For("ann"));
        await peer.ClosesWithAsync(CloseReason.AuthenticationUnavailable);
        await bystander.EchoAsync(1);
    }

    [Fact]
    public async Task A_policy_counts_for_the_connection_and_not_for_its_request()
    {
        await using var app = await TestApp.StartAsync(
            services: Tokens.AddBearer,
            map: a => a.MapGroup("/api").RequireAuthorization(p => p.RequireRole("admin")).MapAirlock("/chat", TestApp.Echo));
        using var peer = await Peer.ConnectAsync(app.Socket("/api/chat"));
        await peer.HelloAsync(Tokens.For("ann"));
        await peer.ClosesWithAsync(CloseReason.Forbidden);
        using var admin = await Peer.ReadyAsync(app.Socket("/api/chat"), Tokens.For("ann", role: "admin"));
        await admin.EchoAsync(1);
    }

    [Fact]
    public async Task An_attribute_on_the_handler_is_a_policy()
    {
        await using var app = await TestApp.StartAsync(
            services: Tokens.AddBearer,
            map: a => a.MapAirlock("/chat", [Authorize(Roles = "admin")] async (Turn turn) => await turn.SendRawAsync(turn.Message)));
        using var peer = await Peer.ConnectAsync(app.Socket());
        await peer.HelloAsync(Tokens.For("ann"));
        await peer.ClosesWithAsync(CloseReason.Forbidden);
    }

    [Fact]
    public async Task A_session_of_another_user_is_the_same_as_none()
    {
        await using var app = await StartAsync();
        using var ann = await Peer.ReadyAsync(app.Socket(), Tokens.For("ann"));
        await ann.EchoAsync(1);
        var answers = new List<string>();
        foreach (var session in (string[])[ann.Session, "s_nobody"])
        {
            using var bob = await Peer.ConnectAsync(app.Socket());
            var ready = await bob.ReadyAfterAsync(Tokens.For("bob"), Peer.Resume(session, 2, 1));
            Assert.NotEqual(ann.Session, (string)ready["session"]!);
            ready["session"] = "";
            answers.Add(ready.ToJsonString());
        }

        Assert.Equal(answers[0], answers[1]);
        Assert.Contains("\"lost\":[{\"direction\":\"down\",\"from\":2", answers[0]);
        await ann.EchoAsync(2);
    }

    [Fact]
    public async Task An_unknown_user_keeps_its_sessions_by_a_signed_cookie()
    {
        await using var app = await TestApp.StartAsync();
        var cookies = new CookieContainer();
        using var peer = await Peer.ReadyAsync(app.Socket(), configure: o => o.Cookies = cookies);
        await peer.EchoAsync(1);
        peer.Socket.Abort();
        using var next = await Peer.ConnectAsync(app.Socket(), o => o.Cookies = cookies);
        var ready = await next.ReadyAfterAsync(null, Peer.Resume(peer.Session, 2, 1));
        Assert.Equal("resumed", (string)ready["resume"]!);

        using var stranger = await Peer.ConnectAsync(app.Socket(), o => o.SetRequestHeader("Cookie", "airlock.anonymous=made-up"));
        Assert.Equal("new", (string)(await stranger.ReadyAfterAsync(null, Peer.Resume(peer.Session, 3, 1)))["resume"]!);
    }

    [Fact]
    public async Task An_endpoint_that_could_know_nobody_fails_at_the_start()
    {
        var e = await Assert.ThrowsAsync<InvalidOperationException>(() => TestApp.StartAsync(a => a.MapAirlock("/chat", TestApp.Echo)));
        Assert.Contains("/chat", e.Message);
        Assert.Contains("AllowAnonymous", e.Message);
    }

    private static void MapWithOneForAnybody(WebApplication app)
    {
        app.MapAirlock("/chat", TestApp.Echo);
        app.MapAirlock("/open", TestApp.Echo).AllowAnonymous();
    }

    private static Task<TestApp> StartAsync() => TestApp.StartAsync(services: Tokens.AddBearer, map: a => a.MapAirlock("/chat", TestApp.Echo));

    private static string[] Carriers(System.Text.Json.Nodes.JsonObject open) => [.. open["carriers"]!.AsArray().Select(static c => (string)c!)];
}
