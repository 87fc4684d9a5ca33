using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Airlock.Server.Tests.Processes;
using Microsoft.IdentityModel.JsonWebTokens;

namespace Airlock.Server.Tests.SignIn;

public sealed class SignInTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private readonly ServerProcess _server = fixture.Server;

    [Fact]
    public async Task One_click_signs_in_with_a_cookie_that_scripts_cannot_read()
    {
        Assert.Null((await InfoAsync(null))["user"]);
        using var answer = await _server.Http.PostAsJsonAsync("/auth/sign-in", new { name = " Ann " }, TestContext.Current.CancellationToken);
        Assert.Equal("""{"user":{"name":"Ann"}}""", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        var cookie = Assert.Single(answer.Headers.GetValues("Set-Cookie"));
        Assert.StartsWith("airlock=", cookie);
        Assert.Contains("httponly", cookie);
        Assert.Contains("samesite=strict", cookie);

        var info = await InfoAsync(cookie.Split(';')[0]);
        Assert.Equal(("local", null, "Ann"), ((string?)info["mode"], (string?)info["authority"], (string?)info["user"]!["name"]));
    }

    [Theory]
    [InlineData("""{"name":""}""")]
    [InlineData("""{"name":"  "}""")]
    [InlineData("""{"name":null}""")]
    [InlineData("""{}""")]
    [InlineData("""{"name":"a\u0007b"}""")]
    [InlineData("""{"name":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}""")]
    public async Task A_bad_name_is_refused_in_words(string body)
    {
        using var answer = await _server.SendAsync(HttpMethod.Post, "/auth/sign-in", content: new StringContent(body, Encoding.UTF8, "application/json"));
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("name_invalid", (string?)(await BodyAsync(answer))["cause"]);
        Assert.False(answer.Headers.Contains("Set-Cookie"));
    }

    [Theory]
    [InlineData("{", "application/json", HttpStatusCode.BadRequest)]
    [InlineData("name=Ann", "application/x-www-form-urlencoded", HttpStatusCode.UnsupportedMediaType)]
    public async Task What_is_no_JSON_signs_nobody_in(string body, string type, HttpStatusCode status)
    {
        using var answer = await _server.SendAsync(HttpMethod.Post, "/auth/sign-in", content: new StringContent(body, Encoding.UTF8, type));
        Assert.Equal(status, answer.StatusCode);
        Assert.False(answer.Headers.Contains("Set-Cookie"));
    }

    [Fact]
    public async Task A_token_is_short_lived_names_the_user_and_is_not_stored()
    {
        var (cookie, _) = await _server.SignInAsync("Ann");
        using var answer = await _server.SendAsync(HttpMethod.Post, "/auth/token", cookie);
        Assert.True(answer.Headers.CacheControl!.NoStore);
        var body = await BodyAsync(answer);
        Assert.Equal(300, (int)body["expiresIn"]!);
        var token = new JsonWebToken((string)body["token"]!);
        Assert.Equal(TimeSpan.FromMinutes(5), token.ValidTo - token.IssuedAt);
        Assert.Equal(("airlock-local", "airlock-chat", "Ann"), (token.Issuer, Assert.Single(token.Audiences), token.Subject));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("airlock=made-up")]
    public async Task Who_is_not_signed_in_gets_no_token(string? cookie)
    {
        using var answer = await _server.SendAsync(HttpMethod.Post, "/auth/token", cookie);
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Equal("signed_out", (string?)(await BodyAsync(answer))["cause"]);
    }

    [Fact]
    public async Task Sign_out_takes_the_cookie_back()
    {
        var (cookie, _) = await _server.SignInAsync("Ann");
        using var answer = await _server.SendAsync(HttpMethod.Post, "/auth/sign-out", cookie);
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        Assert.Contains("expires=Thu, 01 Jan 1970", Assert.Single(answer.Headers.GetValues("Set-Cookie")));
    }

    [Theory]
    [InlineData("GET", "/", HttpStatusCode.OK)]
    [InlineData("GET", "/client/index.js", HttpStatusCode.OK)]
    [InlineData("GET", "/nowhere", HttpStatusCode.NotFound)]
    [InlineData("GET", "/auth/info", HttpStatusCode.OK)]
    [InlineData("POST", "/auth/token", HttpStatusCode.Unauthorized)]
    [InlineData("GET", "/auth/token", HttpStatusCode.MethodNotAllowed)]
    [InlineData("GET", "/health/live", HttpStatusCode.OK)]
    [InlineData("GET", "/chat", HttpStatusCode.UpgradeRequired)]
    [InlineData("GET", "/live", HttpStatusCode.Unauthorized)]
    [InlineData("GET", "/live/feed", HttpStatusCode.UpgradeRequired)]
    [InlineData("GET", "/causes", HttpStatusCode.OK)]
    [InlineData("POST", "/chat/ticket", HttpStatusCode.Unauthorized)]
    public async Task Every_answer_has_the_security_headers(string method, string path, HttpStatusCode status)
    {
        using var answer = await _server.SendAsync(new HttpMethod(method), path);
        Assert.Equal(status, answer.StatusCode);
        var policy = Assert.Single(answer.Headers.GetValues("Content-Security-Policy"));
        Assert.Contains("default-src 'self'", policy);
        Assert.DoesNotContain("unsafe", policy);
        Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
        Assert.Equal("no-referrer", Assert.Single(answer.Headers.GetValues("Referrer-Policy")));
    }

    private async Task<JsonNode> InfoAsync(string? cookie)
    {
        using var answer = await _server.SendAsync(HttpMethod.Get, "/auth/info", cookie);
        return await BodyAsync(answer);
    }

    private static async Task<JsonNode> BodyAsync(HttpResponseMessage answer) => (await answer.Content.ReadFromJsonAsync<JsonNode>(TestContext.Current.CancellationToken))!;
}
