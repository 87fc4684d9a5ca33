using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Airlock.AspNetCore.Tests;

/// <summary>A 401 names what the application's schemes take, and nothing else (RFC 9110 §11.6.1).</summary>
public sealed class ChallengeTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("cookie", "Cookie")]
    [InlineData("bearer", "Bearer")]
    [InlineData("bearer with a realm", "Bearer realm=\"chat\"")]
    [InlineData("cookie, bearer", "Cookie|Bearer")]
    [InlineData("bearer, cookie", "Bearer|Cookie")]
    [InlineData("key", "key")]
    [InlineData("key, bearer", "key|Bearer")]
    [InlineData("key with words", "ApiKey header=\"X-Api-Key\"")]
    [InlineData("a name with spaces", "Airlock")]
    [InlineData("cookie, sign-in elsewhere", "Cookie")]
    [InlineData("cookie by default, bearer", "Cookie")]
    [InlineData("cookie, bearer, policy of bearer", "Bearer")]
    [InlineData("cookie or bearer, as the header says", "Cookie|Bearer")]
    [InlineData("none", "Airlock")]
    public async Task A_401_names_what_the_schemes_take(string schemes, string challenges)
    {
        await using var app = await StartAsync(schemes);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/chat/ticket");
        var answer = await app.Http.SendAsync(request, Cancellation);
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Equal(challenges.Split('|'), answer.Headers.GetValues("WWW-Authenticate"));
        Assert.Equal("credentials_missing", Assert.Single(answer.Headers.GetValues("Airlock-Cause")));
        // What else a challenge does is not the answer's.
        Assert.Null(answer.Headers.Location);
        Assert.False(answer.Headers.Contains("Set-Cookie"));
    }

    [Fact]
    public async Task A_token_that_was_refused_is_challenged_too_and_stands_nowhere()
    {
        await using var app = await StartAsync("bearer");
        var token = Tokens.For("ann", TimeSpan.FromSeconds(-5));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/chat/ticket");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        var answer = await app.Http.SendAsync(request, Cancellation);
        Assert.Equal(("Bearer", "token_expired"), (answer.Headers.WwwAuthenticate.ToString(), answer.Headers.GetValues("Airlock-Cause").Single()));
        Assert.DoesNotContain(token, answer.Headers.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://evil.test", HttpStatusCode.Forbidden)]
    public async Task What_is_no_401_names_nothing(string origin, HttpStatusCode status)
    {
        await using var app = await StartAsync("bearer");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/chat/ticket");
        request.Headers.Add("Origin", origin);
        var answer = await app.Http.SendAsync(request, Cancellation);
        Assert.Equal((status, 0), (answer.StatusCode, answer.Headers.WwwAuthenticate.Count));
    }

    private static Task<TestApp> StartAsync(string schemes) => TestApp.StartAsync(
        a =>
        {
            var chat = a.MapAirlock("/chat", TestApp.Echo);
            if (schemes == "none")
            {
                chat.AllowAnonymous();
            }
            else if (schemes.EndsWith("policy of bearer", StringComparison.Ordinal))
            {
                chat.RequireAuthorization(static p => p.AddAuthenticationSchemes("Bearer").RequireAuthenticatedUser());
            }
        },
        s =>
        {
            s.AddAuthorization();
            if (schemes == "none")
            {
                return;
            }

            var builder = schemes.StartsWith("cookie by default", StringComparison.Ordinal) ? s.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme)
                : schemes.StartsWith("cookie or", StringComparison.Ordinal) ? s.AddAuthentication("either")
                : s.AddAuthentication();
            foreach (var scheme in schemes.Split(", "))
            {
                _ = scheme switch
                {
                    "cookie" or "cookie by default" => builder.AddCookie(),
                    "bearer" => builder.AddJwtBearer(Tokens.Accept),
                    "bearer with a realm" => builder.AddJwtBearer(static o =>
                    {
                        Tokens.Accept(o);
                        o.Challenge = "Bearer realm=\"chat\"";
                    }),
                    "key" => builder.AddScheme<KeySchemeOptions, KeyScheme>("key", null),
                    "key with words" => builder.AddScheme<AuthenticationSchemeOptions, WordedScheme>("words", null),
                    "a name with spaces" => builder.AddScheme<KeySchemeOptions, KeyScheme>(scheme, null),
                    "sign-in elsewhere" => builder.AddOAuth("elsewhere", static o =>
                    {
                        (o.ClientId, o.ClientSecret, o.CallbackPath, o.SignInScheme) = ("id", "secret", "/back", CookieAuthenticationDefaults.AuthenticationScheme);
                        (o.AuthorizationEndpoint, o.TokenEndpoint) = ("https://elsewhere.test/in", "https://elsewhere.test/token");
                    }),
                    "cookie or bearer" => builder.AddCookie().AddJwtBearer(Tokens.Accept).AddPolicyScheme("either", null, static o => o.ForwardDefaultSelector = static context =>
                        context.Request.Headers.Authorization.ToString().StartsWith("Bearer", StringComparison.Ordinal) ? JwtBearerDefaults.AuthenticationScheme : CookieAuthenticationDefaults.AuthenticationScheme),
                    _ => builder,
                };
            }
        });

    private sealed class WordedScheme(IOptionsMonitor<AuthenticationSchemeOptions> options, Microsoft.Extensions.Logging.ILoggerFactory log, System.Text.Encodings.Web.UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, log, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(AuthenticateResult.NoResult());

        protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
        {
            Response.Headers.Append("WWW-Authenticate", "ApiKey header=\"X-Api-Key\"");
            // Whatever a challenge says and does besides.
            Response.Redirect("/sign-in");
            Response.Cookies.Append("a", "b");
            await Response.Body.WriteAsync("Sign in, please."u8.ToArray());
        }
    }
}
