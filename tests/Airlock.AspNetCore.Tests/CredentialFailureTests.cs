using System.Net;
using System.Net.Http.Headers;
using System.Security.Claims;
using System.Security.Cryptography;
using Airlock.Core;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace Airlock.AspNetCore.Tests;

/// <summary>A reason given is true, and <i>never</i> is said only of what cannot pass by itself; HTTP and WebSocket let the same in.</summary>
public sealed class CredentialFailureTests
{
    private static readonly SymmetricSecurityKey _otherKey = new(RandomNumberGenerator.GetBytes(32)) { KeyId = "new" };
    private static readonly DateTimeOffset _lastSecond = new(9999, 12, 31, 23, 59, 58, TimeSpan.Zero);
    private static readonly TimeSpan _skew = TimeSpan.FromMinutes(5);

    private static DateTimeOffset Now => DateTimeOffset.UtcNow;

    public static TheoryData<string, string> Faults => new()
    {
        { "good", "" },
        { "ended an hour ago", "token_expired" },
        { "ended within the skew", "" },
        { "begins in an hour", "token_not_yet_valid" },
        { "begins within the skew", "" },
        { "issued in an hour", "" },
        { "other audience", "token_invalid" },
        { "other issuer", "token_invalid" },
        { "other key", "token_invalid" },
        { "other key, ended an hour ago", "token_expired" },
        { "other algorithm", "token_invalid" },
        { "signature cut off", "token_invalid" },
        { "no signature", "token_invalid" },
        { "no subject", "subject_missing" },
        { "no end", "token_invalid" },
        { "ends with the calendar", "" },
        { "other key, ends with the calendar", "token_invalid" },
        { "several audiences", "" },
        { "ends after the calendar", "" },
        { "ends before the calendar", "token_expired" },
        { "ends in a word", "credentials_malformed" },
        { "ends within a second", "" },
        { "subject is a number", "" },
        { "x", "credentials_malformed" },
        { "a.b.c", "credentials_malformed" },
        { "too large", "credentials_malformed" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Each_fault_of_a_token_has_its_cause_and_http_agrees(string fault, string cause)
    {
        await using var app = await StartAsync(o => o.TokenValidationParameters.ClockSkew = _skew);
        var token = Token(fault);
        using var peer = await Peer.ConnectAsync(app.Socket());
        await peer.HelloAsync(token);
        if (cause.Length == 0)
        {
            await peer.NextAsync("ready");
        }
        else
        {
            var closing = await peer.ClosesWithAsync(CloseReason.All.Single(r => r.Cause == cause));
            Assert.Equal(cause == "token_not_yet_valid" ? "new" : "never", (string)closing["retry"]!);
        }

        // Names nobody, which HTTP need not mind.
        Assert.Equal(cause is "" or "subject_missing", await HttpAdmitsAsync(app, token));
        using var ticket = new HttpRequestMessage(HttpMethod.Post, "/chat/ticket") { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", token) } };
        var answer = await app.Http.SendAsync(ticket, TestContext.Current.CancellationToken);
        Assert.Equal(cause.Length == 0 ? HttpStatusCode.OK : HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Equal(cause == "token_not_yet_valid", answer.Headers.RetryAfter is not null);
    }

    [Fact]
    public async Task A_token_whose_time_has_not_come_is_told_when_to_come_back()
    {
        await using var app = await StartAsync(static o => o.TokenValidationParameters.ClockSkew = TimeSpan.FromMinutes(1));
        using var peer = await Peer.ConnectAsync(app.Socket());
        await peer.HelloAsync(Tokens.For("ann", notBefore: Now.AddMinutes(3)), Peer.Resume("s_x", 2, 0));
        var closing = await peer.ClosesWithAsync(CloseReason.TokenNotYetValid, hasSession: true);
        Assert.Equal(("resume_later", 4308), ((string)closing["retry"]!, (int)closing["code"]!));
        // When the clocks agree as far as they have to; the machine may have been slow meanwhile.
        Assert.InRange((int)closing["retryAfter"]!, 1000, 120_000);
        using var far = await Peer.ConnectAsync(app.Socket());
        await far.HelloAsync(Tokens.For("ann", notBefore: Now.AddDays(3)));
        Assert.Equal(300_000, (int)(await far.ClosesWithAsync(CloseReason.TokenNotYetValid))["retryAfter"]!);
    }

    [Fact]
    public async Task A_connection_ends_as_much_after_its_token_as_clocks_may_differ()
    {
        var time = TestApp.NewTime();
        await using var app = await StartAsync(static o => o.TokenValidationParameters.ClockSkew = _skew, time);
        var ends = time.GetUtcNow().AddMinutes(1);
        using var peer = await Peer.ConnectAsync(app.Socket());
        await peer.HelloAsync(Tokens.For("ann", until: ends));
        Assert.Equal((ends + _skew).ToUnixTimeMilliseconds(), (long)(await peer.NextAsync("authed"))["expires"]!);
        await peer.NextAsync("ready");
        time.Advance(TimeSpan.FromMinutes(5));
        await peer.EchoAsync(1);
        time.Advance(TimeSpan.FromMinutes(1));
        await peer.ClosesWithAsync(CloseReason.AuthenticationExpired, hasSession: true);
    }

    [Fact]
    public async Task Clocks_that_may_differ_without_limit_break_nothing()
    {
        await using var app = await StartAsync(static o => o.TokenValidationParameters.ClockSkew = TimeSpan.MaxValue);
        using var peer = await Peer.ReadyAsync(app.Socket(), Tokens.For("ann", TimeSpan.FromDays(-300)));
        await peer.EchoAsync(1);
        using var wrong = await Peer.ConnectAsync(app.Socket());
        await wrong.HelloAsync(Tokens.For("ann", TimeSpan.FromDays(-300), wrongKey: true));
        await wrong.ClosesWithAsync(CloseReason.TokenInvalid);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_an_application_admits_after_its_end_by_its_own_judgement_has_no_end(bool byValidator)
    {
        await using var app = await StartAsync(o =>
        {
            o.TokenValidationParameters.ValidateLifetime = byValidator;
            o.TokenValidationParameters.LifetimeValidator = byValidator ? static (_, _, _, _) => true : null;
        });
        var token = Tokens.For("ann", TimeSpan.FromHours(-2));
        using var peer = await Peer.ConnectAsync(app.Socket());
        await peer.HelloAsync(token);
        Assert.Null((await peer.NextAsync("authed"))["expires"]);
        await peer.NextAsync("ready");
        Assert.True(await HttpAdmitsAsync(app, token));
    }

    [Fact]
    public async Task A_key_that_is_not_here_yet_is_worth_another_try()
    {
        var keys = new Keys();
        await using var app = await StartAsync(o =>
        {
            o.TokenValidationParameters.IssuerSigningKey = null;
            o.ConfigurationManager = keys;
        });
        keys.Current.SigningKeys.Add(new SymmetricSecurityKey(RandomNumberGenerator.GetBytes(32)) { KeyId = "old" });
        var token = Tokens.For("ann", key: _otherKey);
        using var early = await Peer.ConnectAsync(app.Socket());
        await early.HelloAsync(token);
        var closing = await early.ClosesWithAsync(CloseReason.AuthenticationUnavailable);
        Assert.Equal(("new", 5000), ((string)closing["retry"]!, (int)closing["retryAfter"]!));

        // A token past its time is told so, though nobody can check it any more.
        using var late = await Peer.ConnectAsync(app.Socket());
        await late.HelloAsync(Tokens.For("ann", TimeSpan.FromHours(-1), key: _otherKey));
        await late.ClosesWithAsync(CloseReason.TokenExpired);

        keys.Current = new OpenIdConnectConfiguration { Issuer = Tokens.Issuer, SigningKeys = { _otherKey } };
        using var next = await Peer.ReadyAsync(app.Socket(), token);
        await next.EchoAsync(1);
    }

    [Theory]
    [InlineData("missing")]
    [InlineData("forwarded")]
    [InlineData("resolver")]
    [InlineData("unreachable")]
    [InlineData("unreachable, with a key of its own")]
    public async Task Keys_that_are_not_here_at_all_are_our_fault(string how)
    {
        await using var app = await TestApp.StartAsync(
            services: s =>
            {
                s.AddAuthentication("chosen").AddPolicyScheme("chosen", null, static o => o.ForwardDefaultSelector = static _ => JwtBearerDefaults.AuthenticationScheme).AddJwtBearer(o =>
                {
                    Tokens.Accept(o);
                    o.TokenValidationParameters.IssuerSigningKey = null;
                    if (how == "resolver")
                    {
                        o.TokenValidationParameters.IssuerSigningKeyResolver = static (_, _, _, _) => [];
                    }
                    else if (how.StartsWith("unreachable", StringComparison.Ordinal))
                    {
                        if (how.EndsWith("own", StringComparison.Ordinal))
                        {
                            // Whose tokens are good is what the metadata would say.
                            o.TokenValidationParameters.IssuerSigningKey = _otherKey;
                            o.TokenValidationParameters.ValidIssuer = null;
                        }

                        o.ConfigurationManager = new Keys { Failure = new InvalidOperationException("IDX20803", new HttpRequestException("nobody there")) };
                    }
                });
                if (how != "forwarded")
                {
                    s.Configure<Microsoft.AspNetCore.Authentication.AuthenticationOptions>(static o => o.DefaultScheme = JwtBearerDefaults.AuthenticationScheme);
                }
            },
            map: static a => a.MapAirlock("/chat", TestApp.Echo));
        // The framework tells of keys that it cannot fetch.
        app.Expects = how.StartsWith("unreachable", StringComparison.Ordinal) ? [typeof(InvalidOperationException)] : [];
        using var peer = await Peer.ConnectAsync(app.Socket());
        await peer.HelloAsync(Tokens.For("ann", key: how.EndsWith("own", StringComparison.Ordinal) ? _otherKey : null));
        await peer.ClosesWithAsync(CloseReason.AuthenticationUnavailable);
    }

    [Theory]
    [InlineData("expired", "token_expired")]
    [InlineData("foreign", "token_invalid")]
    [InlineData("forgotten", "token_expired")]
    public async Task Each_fault_of_a_cookie_has_its_cause(string fault, string cause)
    {
        var time = new FakeTimeProvider(Now);
        var store = new KeptTickets();
        await using var app = await TestApp.StartAsync(
            services: s => s.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme).AddCookie(o =>
            {
                o.TimeProvider = time;
                o.ExpireTimeSpan = TimeSpan.FromMinutes(10);
                o.Cookie.Name = "user";
                o.Cookie.SecurePolicy = CookieSecurePolicy.None;
                o.SessionStore = fault == "forgotten" ? store : null;
            }),
            map: static a =>
            {
                a.MapGet("/login", static () => Results.SignIn(new ClaimsPrincipal(new ClaimsIdentity([new Claim("sub", "ann")], "x")), authenticationScheme: CookieAuthenticationDefaults.AuthenticationScheme));
                a.MapAirlock("/chat", TestApp.Echo);
            },
            time: time);
        var cookies = new CookieContainer();
        using var browser = new HttpClient(new SocketsHttpHandler { CookieContainer = cookies });
        (await browser.GetAsync(new Uri(app.Address + "/login"), TestContext.Current.CancellationToken)).EnsureSuccessStatusCode();
        using var before = await Peer.ReadyAsync(app.Socket(), configure: o => o.Cookies = cookies);
        store.Kept.Clear();
        if (fault == "expired")
        {
            time.Advance(TimeSpan.FromMinutes(11));
        }

        using var peer = await Peer.ConnectAsync(app.Socket(), o =>
        {
            if (fault == "foreign")
            {
                o.SetRequestHeader("Cookie", "user=CfDJ8made-up");
            }
            else
            {
                o.Cookies = cookies;
            }
        });
        await peer.HelloAsync();
        await peer.ClosesWithAsync(CloseReason.All.Single(r => r.Cause == cause));
    }

    [Fact]
    public async Task Two_explicit_credentials_conflict_only_over_what_is_wrong_for_good()
    {
        await using var app = await StartAsync(static o => o.TokenValidationParameters.ClockSkew = TimeSpan.Zero);
        var (good, other, wrong) = (Tokens.For("ann"), Tokens.For("bob"), Tokens.For("ann", wrongKey: true));
        var (late, later, early) = (Tokens.For("ann", TimeSpan.FromMinutes(-5)), Tokens.For("ann", TimeSpan.FromMinutes(-9)), Tokens.For("ann", notBefore: Now.AddHours(1)));
        foreach (var (first, second, reason) in ((string, string, CloseReason)[])
        [
            (good, other, CloseReason.CredentialsConflict), (good, wrong, CloseReason.CredentialsConflict), (wrong, good, CloseReason.CredentialsConflict),
            (wrong, Tokens.For("ann", wrongKey: true), CloseReason.TokenInvalid),
            (late, good, CloseReason.TokenExpired), (good, late, CloseReason.TokenExpired), (late, later, CloseReason.TokenExpired),
            (good, early, CloseReason.TokenNotYetValid), (early, wrong, CloseReason.TokenNotYetValid), (late, early, CloseReason.TokenNotYetValid),
        ])
        {
            using var peer = await Peer.ConnectAsync(app.Socket(), o => o.SetRequestHeader("Authorization", $"Bearer {first}"));
            await peer.HelloAsync(second);
            await peer.ClosesWithAsync(reason);
        }
    }

    [Fact]
    public void The_names_that_are_looked_for_in_other_packages_are_there()
    {
        var options = new JwtBearerOptions { ConfigurationManager = new Keys(), TokenValidationParameters = { IssuerSigningKey = _otherKey, IssuerSigningKeys = [_otherKey], LifetimeValidator = static (_, _, _, _) => true, IssuerSigningKeyResolver = static (_, _, _, _) => [] } };
        var parameters = Assert.IsType<TokenValidationParameters>(SchemeSettings.Of(options, "TokenValidationParameters"));
        Assert.IsType<Keys>(SchemeSettings.Of(options, "ConfigurationManager"));
        foreach (var member in (string[])["ClockSkew", "ValidateLifetime", "LifetimeValidator", "IssuerSigningKey", "IssuerSigningKeys", "IssuerSigningKeyResolver"])
        {
            Assert.NotNull(SchemeSettings.Of(parameters, member));
        }

        Assert.NotNull(SchemeSettings.Of(new OpenIdConnectConfiguration(), "SigningKeys"));
        Assert.NotNull(SchemeSettings.Of(new SecurityTokenNotYetValidException { NotBefore = DateTime.UtcNow }, "NotBefore"));
        Assert.StartsWith("StaticConfigurationManager", typeof(StaticConfigurationManager<>).Name);
        var known = File.ReadAllText(Path.Combine(Root, "src/Airlock.AspNetCore/Authentication/CredentialFailure.cs"));
        foreach (var type in (Type[])
        [
            typeof(SecurityTokenExpiredException), typeof(SecurityTokenNotYetValidException), typeof(SecurityTokenMalformedException), typeof(SecurityTokenArgumentException),
            typeof(SecurityTokenSignatureKeyNotFoundException), typeof(SecurityTokenInvalidIssuerException),
        ])
        {
            Assert.Equal("Microsoft.IdentityModel.Tokens", type.Namespace);
            Assert.Contains($"\"{type.Name}\"", known);
        }
    }

    [Fact]
    public void An_application_without_bearer_tokens_needs_none_of_their_packages() =>
        Assert.DoesNotContain(typeof(AirlockOptions).Assembly.GetReferencedAssemblies(), static a => a.Name!.Contains("IdentityModel", StringComparison.Ordinal) || a.Name.Contains("JwtBearer", StringComparison.Ordinal));

    private static string Root
    {
        get
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (!File.Exists(Path.Combine(folder!.FullName, "Airlock.slnx")))
            {
                folder = folder.Parent;
            }

            return folder.FullName;
        }
    }

    private static string Token(string fault) => fault switch
    {
        "good" => Tokens.For("ann"),
        "ended an hour ago" => Tokens.For("ann", TimeSpan.FromHours(-1)),
        "ended within the skew" => Tokens.For("ann", TimeSpan.FromSeconds(-5)),
        "begins in an hour" => Tokens.For("ann", notBefore: Now.AddHours(1)),
        "begins within the skew" => Tokens.For("ann", notBefore: Now.AddMinutes(2)),
        "issued in an hour" => Tokens.For("ann", issued: Now.AddHours(1)),
        "other audience" => Tokens.For("ann", audience: "elsewhere"),
        "other issuer" => Tokens.For("ann", issuer: "https://elsewhere.test"),
        "other key" => Tokens.For("ann", wrongKey: true),
        "other key, ended an hour ago" => Tokens.For("ann", TimeSpan.FromHours(-1), wrongKey: true),
        "other algorithm" => Tokens.For("ann", key: new RsaSecurityKey(RSA.Create(2048))),
        "signature cut off" => Tokens.For("ann")[..^6],
        "no signature" => string.Join('.', Tokens.For("ann").Split('.')[..2]) + ".",
        "no subject" => Tokens.For(""),
        "no end" => Tokens.For("ann", noEnd: true),
        "ends with the calendar" => Tokens.For("ann", until: _lastSecond),
        "other key, ends with the calendar" => Tokens.For("ann", until: _lastSecond, wrongKey: true),
        "several audiences" => Claims("\"chat\", \"elsewhere\"", "\"ann\"", $"{Now.AddMinutes(5).ToUnixTimeSeconds()}"),
        "ends after the calendar" => Claims("\"chat\"", "\"ann\"", "999999999999999"),
        "ends before the calendar" => Claims("\"chat\"", "\"ann\"", "-99999999999999"),
        "ends in a word" => Claims("\"chat\"", "\"ann\"", "\"soon\""),
        "ends within a second" => Claims("\"chat\"", "\"ann\"", $"{Now.AddMinutes(5).ToUnixTimeSeconds()}.5"),
        "subject is a number" => Claims("\"chat\"", "7", $"{Now.AddMinutes(5).ToUnixTimeSeconds()}"),
        "too large" => Tokens.For(new string('x', 11_000)),
        _ => fault,
    };

    private static string Claims(string audiences, string subject, string ends) =>
        Tokens.Of($$"""{"iss":"{{Tokens.Issuer}}","aud":[{{audiences}}],"sub":{{subject}},"exp":{{ends}}}""");

    private static async Task<bool> HttpAdmitsAsync(TestApp app, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/me") { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", token) } };
        return (await app.Http.SendAsync(request, TestContext.Current.CancellationToken)).IsSuccessStatusCode;
    }

    private static Task<TestApp> StartAsync(Action<JwtBearerOptions> configure, TimeProvider? time = null) => TestApp.StartAsync(
        services: s =>
        {
            Tokens.AddBearer(s);
            s.Configure<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme, o =>
            {
                o.TokenValidationParameters.ClockSkew = TimeSpan.FromMinutes(5);
                o.TokenHandlers.OfType<TokenHandler>().Single().MaximumTokenSizeInBytes = 10_000;
                configure(o);
            });
        },
        map: static a =>
        {
            a.MapGet("/me", static () => "you").RequireAuthorization();
            a.MapAirlock("/chat", TestApp.Echo);
        },
        airlock: static o => o.Endpoint = new() { Timeouts = new() { Idle = TimeSpan.FromHours(1) } },
        time: time);

    /// <summary>An issuer's metadata that the test changes.</summary>
    private sealed class Keys : IConfigurationManager<OpenIdConnectConfiguration>
    {
        internal OpenIdConnectConfiguration Current { get; set; } = new() { Issuer = Tokens.Issuer };

        internal Exception? Failure { get; init; }

        Task<OpenIdConnectConfiguration> IConfigurationManager<OpenIdConnectConfiguration>.GetConfigurationAsync(CancellationToken cancel) => Failure is null ? Task.FromResult(Current) : Task.FromException<OpenIdConnectConfiguration>(Failure);

        public void RequestRefresh()
        {
        }
    }

    /// <summary>Sign-ins kept at the server.</summary>
    private sealed class KeptTickets : ITicketStore
    {
        internal Dictionary<string, Microsoft.AspNetCore.Authentication.AuthenticationTicket> Kept { get; } = [];

        public Task<string> StoreAsync(Microsoft.AspNetCore.Authentication.AuthenticationTicket ticket)
        {
            Kept["k1"] = ticket;
            return Task.FromResult("k1");
        }

        public Task RenewAsync(string key, Microsoft.AspNetCore.Authentication.AuthenticationTicket ticket) => Task.CompletedTask;

        public Task<Microsoft.AspNetCore.Authentication.AuthenticationTicket?> RetrieveAsync(string key) => Task.FromResult(Kept.GetValueOrDefault(key));

        public Task RemoveAsync(string key) => Task.CompletedTask;
    }
}
