using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Airlock.Core;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Airlock.AspNetCore.Tests;

/// <summary>Schemes and policies see the request, as they do on HTTP.</summary>
public sealed class SchemeTests
{
    [Fact]
    public async Task A_scheme_that_reads_a_header_of_its_own_knows_the_user()
    {
        await using var app = await StartAsync(services: static s => s.AddAuthentication("key").AddScheme<KeySchemeOptions, KeyScheme>("key", null));
        using var peer = await ConnectAsync(app, "/rooms/blue/chat", ("X-Api-Key", "secret-of-kim"));
        Assert.Empty((await peer.NextAsync("open"))["carriers"]!.AsArray());
        await peer.HelloAsync();
        Assert.Equal("kim", (string)(await peer.NextAsync("authed"))["user"]!);
        await peer.NextAsync("ready");

        using var wrong = await ConnectAsync(app, "/rooms/blue/chat", ("X-Api-Key", "made-up"));
        await wrong.HelloAsync();
        await wrong.ClosesWithAsync(CloseReason.TokenInvalid);
        using var none = await ConnectAsync(app, "/rooms/blue/chat");
        await none.HelloAsync();
        await none.ClosesWithAsync(CloseReason.CredentialsMissing);

        using var request = new HttpRequestMessage(HttpMethod.Post, "/rooms/blue/chat/ticket") { Headers = { { "X-Api-Key", "secret-of-kim" } } };
        var ticket = (string)(await (await app.Http.SendAsync(request, TestContext.Current.CancellationToken)).Content.ReadFromJsonAsync<JsonObject>(TestContext.Current.CancellationToken))!["ticket"]!;
        using var ticketed = await ConnectAsync(app, $"/rooms/blue/chat?ticket={ticket}");
        await ticketed.HelloAsync();
        Assert.Equal("kim", (string)(await ticketed.NextAsync("authed"))["user"]!);
    }

    [Theory]
    [InlineData("cookie")]
    [InlineData("hello")]
    [InlineData("subprotocol")]
    [InlineData("ticket")]
    public async Task Schemes_and_policies_see_what_they_see_on_http(string carrier)
    {
        var seen = new Seen();
        using var key = RSA.Create(2048);
        using var certificate = new CertificateRequest("CN=client", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        await using var app = await StartAsync(
            seen,
            s =>
            {
                s.AddHttpContextAccessor();
                s.AddDistributedMemoryCache();
                s.AddSession();
                s.AddAuthentication("any").AddPolicyScheme("any", null, o => o.ForwardDefaultSelector = context =>
                {
                    seen.AtScheme.Add(Describe(context));
                    return context.Request.Headers.Authorization.Count > 0 ? JwtBearerDefaults.AuthenticationScheme : "key";
                }).AddJwtBearer(Tokens.Accept).AddScheme<KeySchemeOptions, KeyScheme>("key", null);
            },
            a => a.UseSession().Use((context, next) =>
            {
                context.Session.SetString("basket", "full");
                context.Items["tenant"] = "acme";
                context.Connection.ClientCertificate = certificate;
                return next(context);
            }));
        var token = Tokens.For("ann");
        var ticket = carrier == "ticket" ? await TicketAsync(app, token) : null;
        using var peer = await ConnectAsync(
            app,
            "/base/rooms/blue/chat?lang=de" + (ticket is null ? "" : $"&ticket={ticket}"),
            ("X-Tenant", "t1"), ("Cookie", "theme=dark" + (carrier == "cookie" ? "; key=secret-of-kim" : "")), ("Sec-WebSocket-Protocol", carrier == "subprotocol" ? $"{Protocol.TokenPrefix}{token}, {Protocol.Name}" : Protocol.Name));
        seen.AtScheme.Clear();
        seen.AtPolicy.Clear();
        await peer.HelloAsync(carrier == "hello" ? token : null);
        await peer.NextAsync("ready");

        const string Expected = "GET /base /rooms/blue/chat lang=de room=blue tenant=acme header=t1 cookie=dark session=full from=127.0.0.1 certificate=CN=client endpoint=True protocols=airlock.v1";
        Assert.All(seen.AtScheme, static text => Assert.Equal(Expected, text));
        Assert.Equal(carrier != "ticket", seen.AtScheme.Count > 0);
        Assert.Equal([Expected + " user=" + (carrier == "cookie" ? "kim" : "ann") + " accessor=True"], seen.AtPolicy);
        if (carrier is "hello" or "subprotocol")
        {
            // As long as the connection: a refresh is judged by the same request.
            seen.AtScheme.Clear();
            await peer.SendAsync($$"""{"t":"refresh","token":"{{Tokens.For("ann")}}"}""");
            await peer.NextAsync("authed");
            Assert.Equal(Expected, seen.AtScheme[0]);
            Assert.Equal(2, seen.AtPolicy.Count);
        }
    }

    [Fact]
    public async Task A_refresh_over_http2_is_judged_by_the_request_that_opened_the_connection()
    {
        await using var app = await TestApp.StartAsync(
            services: Tokens.AddBearer,
            map: static a => a.MapAirlock("/rooms/{room}", TestApp.Echo).RequireAuthorization(static p => p.RequireAssertion(static c =>
                c.Resource is HttpContext { Request: var r } && (string?)r.RouteValues["room"] == "blue" && r.Headers["X-Tenant"] == "t1" && r.Query["lang"] == "de")),
            protocols: Microsoft.AspNetCore.Server.Kestrel.Core.HttpProtocols.Http2);
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler { UseCookies = false });
        foreach (var (tenant, isGood) in ((string, bool)[])[("t1", true), ("t2", false)])
        {
            using var peer = await Peer.ConnectAsync(app.Socket("/rooms/blue?lang=de"), o =>
            {
                o.HttpVersion = System.Net.HttpVersion.Version20;
                o.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
                o.SetRequestHeader("X-Tenant", tenant);
            }, invoker: invoker);
            await peer.HelloAsync(Tokens.For("ann"));
            if (!isGood)
            {
                await peer.ClosesWithAsync(CloseReason.Forbidden);
                continue;
            }

            await peer.NextAsync("ready");
            await peer.SendAsync($$"""{"t":"refresh","token":"{{Tokens.For("ann")}}"}""");
            await peer.NextAsync("authed");
            await peer.EchoAsync(1);
        }
    }

    [Fact]
    public async Task Of_several_schemes_that_a_policy_names_all_count()
    {
        await using var app = await StartAsync(
            services: static s => s.AddAuthentication().AddJwtBearer(Tokens.Accept).AddScheme<KeySchemeOptions, KeyScheme>("key", null),
            policy: static p => p.AddAuthenticationSchemes("key", JwtBearerDefaults.AuthenticationScheme).RequireClaim("plan", "gold").RequireRole("admin"));
        using var both = await ConnectAsync(app, "/rooms/blue/chat", ("X-Api-Key", "secret-of-kim"));
        await both.HelloAsync(Tokens.For("ann", role: "admin"));
        Assert.Equal("ann", (string)(await both.NextAsync("authed"))["user"]!);
        using var one = await ConnectAsync(app, "/rooms/blue/chat");
        await one.HelloAsync(Tokens.For("ann", role: "admin"));
        await one.ClosesWithAsync(CloseReason.Forbidden);
    }

    [Theory]
    [InlineData("key", true)]
    [InlineData("key", false)]
    [InlineData("key", null)]
    [InlineData(JwtBearerDefaults.AuthenticationScheme, true)]
    [InlineData(JwtBearerDefaults.AuthenticationScheme, false)]
    [InlineData(JwtBearerDefaults.AuthenticationScheme, null)]
    public async Task Of_several_schemes_that_count_the_earliest_end_counts_whichever_is_asked_first(string first, bool? keyIsEarlier)
    {
        var other = first == "key" ? JwtBearerDefaults.AuthenticationScheme : "key";
        await using var app = await StartAsync(
            services: static s => s.AddAuthentication().AddJwtBearer(Tokens.Accept).AddScheme<KeySchemeOptions, KeyScheme>("key", null),
            policy: p => p.AddAuthenticationSchemes(first, other));
        var early = DateTimeOffset.FromUnixTimeSeconds(DateTimeOffset.UtcNow.ToUnixTimeSeconds()).AddHours(1);
        var late = early.AddHours(1);
        // A key without an end takes nothing from the token's.
        (string, string)[] until = keyIsEarlier is { } isEarlier ? [("X-Key-Until", $"{(isEarlier ? early : late).ToUnixTimeSeconds()}")] : [];
        using var peer = await ConnectAsync(app, "/rooms/blue/chat", [("X-Api-Key", "secret-of-kim"), .. until]);
        await peer.HelloAsync(Tokens.For("kim", until: keyIsEarlier == true ? late : early));
        Assert.Equal(early.ToUnixTimeMilliseconds(), (long)(await peer.NextAsync("authed"))["expires"]!);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_token_that_is_not_valid_is_refused_whatever_else_the_request_carries(bool byDefault)
    {
        await using var app = await StartAsync(
            services: static s => s.AddAuthentication().AddJwtBearer(Tokens.Accept).AddScheme<KeySchemeOptions, KeyScheme>("key", null),
            policy: p => _ = byDefault ? p : p.AddAuthenticationSchemes(JwtBearerDefaults.AuthenticationScheme, "key"));
        using var peer = await ConnectAsync(app, "/rooms/blue/chat", ("X-Api-Key", "secret-of-kim"));
        await peer.HelloAsync(Tokens.For("ann", wrongKey: true));
        await peer.ClosesWithAsync(CloseReason.TokenInvalid);
        using var good = await ConnectAsync(app, "/rooms/blue/chat", ("X-Api-Key", "secret-of-kim"));
        await good.HelloAsync();
        Assert.Equal("kim", (string)(await good.NextAsync("authed"))["user"]!);
    }

    [Fact]
    public async Task A_requirement_that_is_an_attribute_counts()
    {
        await using var app = await TestApp.StartAsync(
            services: static s =>
            {
                Tokens.AddBearer(s);
                s.AddSingleton<IAuthorizationHandler, RoomHandler>();
            },
            map: static a => a.MapAirlock("/rooms/{room}", [InRoom("blue")] async (Turn turn) => await turn.SendRawAsync(turn.Message)));
        using var blue = await Peer.ReadyAsync(app.Socket("/rooms/blue"), Tokens.For("ann"));
        using var red = await Peer.ConnectAsync(app.Socket("/rooms/red"));
        await red.HelloAsync(Tokens.For("ann"));
        await red.ClosesWithAsync(CloseReason.Forbidden);
    }

    [Fact]
    public async Task A_policy_that_cannot_be_asked_now_is_no_refusal_for_good()
    {
        await using var app = await TestApp.StartAsync(
            services: Tokens.AddBearer,
            map: static a => a.MapAirlock("/chat", TestApp.Echo).RequireAuthorization(static p => p.RequireAssertion(static bool (_) => throw new HttpRequestException("The directory is not there."))));
        using var peer = await Peer.ConnectAsync(app.Socket());
        await peer.HelloAsync(Tokens.For("ann"));
        Assert.Equal(5000, (int)(await peer.ClosesWithAsync(CloseReason.AuthenticationUnavailable))["retryAfter"]!);
    }

    [Theory]
    [InlineData("Basic YTpi")]
    [InlineData("Negotiate x")]
    [InlineData("Bearer")]
    public async Task A_header_that_nobody_here_reads_counts_as_none_beside_another_credential(string header)
    {
        await using var app = await TestApp.StartAsync(services: Tokens.AddBearer, map: static a =>
        {
            a.MapAirlock("/chat", TestApp.Echo);
            a.MapAirlock("/open", TestApp.Echo).AllowAnonymous();
        });
        using var peer = await ConnectAsync(app, "/chat", ("Authorization", header));
        Assert.Equal("authorization", (string)(await peer.NextAsync("open"))["carriers"]![0]!);
        await peer.HelloAsync(Tokens.For("ann"));
        Assert.Equal("ann", (string)(await peer.NextAsync("authed"))["user"]!);
        using var anybody = await ConnectAsync(app, "/open", ("Authorization", header));
        await anybody.HelloAsync();
        await anybody.NextAsync("ready");
        using var ticketed = await ConnectAsync(app, $"/chat?ticket={await TicketAsync(app, Tokens.For("ann"), "/chat")}", ("Authorization", header));
        await ticketed.HelloAsync();
        await ticketed.NextAsync("ready");
        using var alone = await ConnectAsync(app, "/chat", ("Authorization", header));
        await alone.HelloAsync();
        await alone.ClosesWithAsync(CloseReason.CredentialsMalformed);
    }

    [Fact]
    public async Task Two_tokens_as_sub_protocols_are_one_only_if_they_are_the_same()
    {
        await using var app = await TestApp.StartAsync(services: Tokens.AddBearer, map: static a => a.MapAirlock("/chat", TestApp.Echo));
        var (one, two) = (Tokens.For("ann"), Tokens.For("ann"));
        using var same = await ConnectAsync(app, "/chat", ("Sec-WebSocket-Protocol", $"{Protocol.TokenPrefix}{one}, {Protocol.Name}, {Protocol.TokenPrefix}{one}"));
        await same.HelloAsync();
        await same.NextAsync("ready");
        using var different = await ConnectAsync(app, "/chat", ("Sec-WebSocket-Protocol", $"{Protocol.TokenPrefix}{one}, {Protocol.Name}, {Protocol.TokenPrefix}{two}"));
        await different.HelloAsync();
        await different.ClosesWithAsync(CloseReason.CredentialsConflict);
    }

    [Fact]
    public async Task Where_nobody_has_to_be_known_a_user_who_cannot_be_known_now_is_not_made_somebody_else()
    {
        await using var app = await StartAsync(services: static s => s.AddAuthentication().AddJwtBearer(Tokens.Accept).AddScheme<KeySchemeOptions, KeyScheme>("key", null), isOpen: true);
        using var peer = await ConnectAsync(app, "/rooms/blue/chat", ("X-Api-Key", "nobody there"));
        await peer.HelloAsync();
        await peer.ClosesWithAsync(CloseReason.AuthenticationUnavailable);
        using var wrong = await ConnectAsync(app, "/rooms/blue/chat", ("X-Api-Key", "made-up"));
        await wrong.HelloAsync();
        await wrong.NextAsync("ready");
    }

    [Fact]
    public void A_request_that_has_ended_is_not_looked_at_again()
    {
        var request = new DefaultHttpContext();
        request.Request.Headers["X-Tenant"] = "t1";
        using var server = new AirlockServer();
        var endpoint = server.AddEndpoint("/chat", new EndpointOptions(), static (_, _, _, _) => new(AuthenticationOutcome.Refuse(CloseReason.Forbidden)), static (_, _) => Task.CompletedTask);
        var credentials = new RequestCredentials(request, new Place(endpoint, Access.TakeFrom([]), []), [], anonymous: null);
        var copy = credentials.Copy(new ServiceCollection().BuildServiceProvider(), TestContext.Current.CancellationToken);
        credentials.Leave();
        // The server uses its context for somebody else now.
        request.Request.Headers["X-Tenant"] = "t2";
        Assert.Equal("t1", copy.Request.Headers["X-Tenant"].ToString());
        Assert.Throws<OperationCanceledException>(() => credentials.Copy(copy.RequestServices, TestContext.Current.CancellationToken));
    }

    private static string Describe(HttpContext c) =>
        $"{c.Request.Method} {c.Request.PathBase} {c.Request.Path} {c.Request.QueryString.Value?.TrimStart('?')} room={c.Request.RouteValues["room"]} tenant={c.Items["tenant"]} header={c.Request.Headers["X-Tenant"]} " +
        $"cookie={c.Request.Cookies["theme"]} session={c.Features.Get<ISessionFeature>()?.Session.GetString("basket")} from={c.Connection.RemoteIpAddress} certificate={c.Connection.ClientCertificate?.Subject} endpoint={(c.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText == "/rooms/{room}/chat"} " +
        $"protocols={c.Request.Headers.SecWebSocketProtocol}";

    private static async Task<string> TicketAsync(TestApp app, string token, string path = "/rooms/blue/chat")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path + "/ticket") { Headers = { { "Authorization", $"Bearer {token}" } } };
        return (string)(await (await app.Http.SendAsync(request, TestContext.Current.CancellationToken)).Content.ReadFromJsonAsync<JsonObject>(TestContext.Current.CancellationToken))!["ticket"]!;
    }

    private static Task<Peer> ConnectAsync(TestApp app, string address, params (string Name, string Value)[] headers)
    {
        var own = headers.FirstOrDefault(static h => h.Name == "Sec-WebSocket-Protocol").Value;
        return Peer.ConnectAsync(new Uri(app.Socket("") + address.TrimStart('/')), o =>
        {
            foreach (var protocol in (own ?? Protocol.Name).Split(", ").Distinct())
            {
                o.AddSubProtocol(protocol);
            }

            foreach (var (name, value) in headers.Where(static h => h.Name != "Sec-WebSocket-Protocol"))
            {
                o.SetRequestHeader(name, value);
            }
        }, protocol: null);
    }

    private static Task<TestApp> StartAsync(
        Seen? seen = null, Action<IServiceCollection>? services = null, Action<WebApplication>? middleware = null, Action<AuthorizationPolicyBuilder>? policy = null, bool isOpen = false) => TestApp.StartAsync(
        services: s =>
        {
            services?.Invoke(s);
            s.AddAuthorization();
        },
        map: a =>
        {
            if (seen is not null)
            {
                a.UsePathBase("/base");
            }

            middleware?.Invoke(a);
            a.UseRouting();
            var chat = a.MapAirlock("/rooms/{room}/chat", TestApp.Echo);
            _ = isOpen ? chat.AllowAnonymous() : chat.RequireAuthorization(p =>
            {
                p.RequireAuthenticatedUser();
                policy?.Invoke(p);
                if (seen is not null)
                {
                    p.RequireAssertion(context =>
                    {
                        var resource = (HttpContext)context.Resource!;
                        var accessor = resource.RequestServices.GetService<IHttpContextAccessor>();
                        seen.AtPolicy.Add($"{Describe(resource)} user={resource.User.FindFirst("sub")?.Value} accessor={accessor is null || accessor.HttpContext?.Request.Path == resource.Request.Path}");
                        return true;
                    });
                }
            });
        });

    /// <summary>What a scheme and a policy were shown.</summary>
    private sealed class Seen
    {
        internal List<string> AtScheme { get; } = [];

        internal List<string> AtPolicy { get; } = [];
    }

    [AttributeUsage(AttributeTargets.Method)]
    private sealed class InRoomAttribute(string room) : Attribute, IAuthorizationRequirement, IAuthorizationRequirementData
    {
        public string Room => room;

        public IEnumerable<IAuthorizationRequirement> GetRequirements() => [this];
    }

    private sealed class RoomHandler : AuthorizationHandler<InRoomAttribute>
    {
        protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, InRoomAttribute requirement)
        {
            if (context.Resource is HttpContext { Request: var request } && (string?)request.RouteValues["room"] == requirement.Room)
            {
                context.Succeed(requirement);
            }

            return Task.CompletedTask;
        }
    }
}
