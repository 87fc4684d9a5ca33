using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Airlock.AspNetCore.Tests;

/// <summary>What is wrong when an endpoint is mapped or the host started throws there, in words that say what to do.</summary>
public sealed class MapAirlockTests
{
    [Fact]
    public async Task Two_endpoints_of_one_path_are_refused_when_the_host_starts()
    {
        var e = await Assert.ThrowsAsync<ArgumentException>(() => TestApp.StartAsync(static a =>
        {
            a.MapAirlock("/chat", TestApp.Echo).AllowAnonymous();
            a.MapAirlock("/chat", TestApp.Echo).AllowAnonymous();
        }));
        Assert.Contains("There is an endpoint '/chat' already", e.Message);
        Assert.Contains("give each a path of its own", e.Message);
    }

    [Fact]
    public async Task One_path_of_two_hosts_is_two_endpoints()
    {
        await using var app = await TestApp.StartAsync(static a =>
        {
            a.MapAirlock("/chat", TestApp.Echo).AllowAnonymous().RequireHost("a.test");
            a.MapAirlock("/chat", TestApp.Echo).AllowAnonymous().RequireHost("127.0.0.1");
        });
        using var peer = await Peer.ReadyAsync(app.Socket());
        await peer.EchoAsync(1);
    }

    [Theory]
    [InlineData("/files/{*path}", "/files/a/b", "a/b")]
    [InlineData("/files/{**path}", "/files/a%2Fb", "a%2Fb")]
    [InlineData("/files/{path?}", "/files", "none")]
    [InlineData("/files/{path=top}", "/files", "top")]
    public async Task Every_way_to_write_a_pattern_maps(string pattern, string path, string value)
    {
        await using var app = await TestApp.StartAsync(a => a.MapAirlock(pattern, async (Turn turn, string? path) => await turn.SendAsync(path ?? "none")).AllowAnonymous());
        using var peer = await Peer.ReadyAsync(app.Socket(path));
        await peer.SendAsync(Peer.Data(1, "1"));
        Assert.Equal(value, (string)(await peer.NextAsync("data"))["b"]!);
    }

    [Fact]
    public void A_pattern_that_is_none_says_what_is_wrong()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddAirlock();
        using var app = (IDisposable)builder.Build();
        var pattern = string.Concat("/rooms/", "{room");
        Assert.Contains("incomplete parameter", Assert.Throws<RoutePatternException>(() => ((WebApplication)app).MapAirlock(pattern, () => { })).Message);
        Assert.Throws<ArgumentNullException>(() => ((WebApplication)app).MapAirlock(null!, () => { }));
        Assert.Throws<ArgumentNullException>(() => ((WebApplication)app).MapAirlock("/chat", null!));
    }

    [Theory]
    [InlineData("/rooms/{room}", "/rooms/{id}")]
    [InlineData("/chat", "/Chat")]
    [InlineData("/chat", "/chat/")]
    [InlineData("/files/{*path}", "/files/{**name}")]
    [InlineData("/rooms/{room:int}", "/rooms/{id:int}")]
    public async Task Two_endpoints_that_no_request_can_tell_apart_are_refused_when_the_host_starts(string one, string other)
    {
        var e = await Assert.ThrowsAsync<ArgumentException>(() => TestApp.StartAsync(a =>
        {
            a.MapAirlock(one, TestApp.Echo).AllowAnonymous();
            a.MapAirlock(other, TestApp.Echo).AllowAnonymous();
        }));
        Assert.Contains($"'{other}', or a route that takes the same paths", e.Message);
        Assert.Contains("give each a path of its own", e.Message);
    }

    [Theory]
    [InlineData("/rooms/{room:int}", "/rooms/{id:guid}")]
    [InlineData("/rooms/{room}", "/rooms/main")]
    [InlineData("/chat", "/chats")]
    [InlineData("/files/{*path}", "/files/{name}")]
    public async Task Endpoints_that_a_request_can_tell_apart_map(string one, string other)
    {
        await using var app = await TestApp.StartAsync(a =>
        {
            a.MapAirlock(one, TestApp.Echo).AllowAnonymous();
            a.MapAirlock(other, TestApp.Echo).AllowAnonymous();
        });
        using var peer = await Peer.ReadyAsync(app.Socket(other.Replace("{id:guid}", Guid.Empty.ToString(), StringComparison.Ordinal).Replace("{name}", "one", StringComparison.Ordinal)));
        await peer.EchoAsync(1);
    }

    [Fact]
    public async Task Endpoints_of_one_path_map_where_one_of_them_comes_first()
    {
        await using var app = await TestApp.StartAsync(static a =>
        {
            a.MapAirlock("/rooms/{room}", TestApp.Echo).AllowAnonymous();
            a.MapAirlock("/rooms/{id}", static () => { }).AllowAnonymous().WithOrder(1);
        });
        using var peer = await Peer.ReadyAsync(app.Socket("/rooms/1"));
        await peer.EchoAsync(1);
    }

    [Fact]
    public async Task Hosts_are_the_same_in_whatever_order_they_are_named() =>
        Assert.Contains("no request could tell them apart", (await Assert.ThrowsAsync<ArgumentException>(static () => TestApp.StartAsync(static a =>
        {
            a.MapAirlock("/chat", TestApp.Echo).AllowAnonymous().RequireHost("a.example", "b.example");
            a.MapAirlock("/chat", TestApp.Echo).AllowAnonymous().RequireHost("B.example", "a.example");
        }))).Message);

    [Theory]
    [InlineData("/health", "/health")]
    [InlineData("/health", "/Health/")]
    [InlineData("/health", "/health/live")]
    [InlineData("", "/")]
    public async Task Health_of_one_path_twice_is_refused_when_the_host_starts(string one, string other)
    {
        var e = await Assert.ThrowsAsync<ArgumentException>(() => TestApp.StartAsync(a =>
        {
            a.MapAirlockHealth(one);
            a.MapAirlockHealth(other);
        }));
        Assert.Contains("MapAirlockHealth has mapped", e.Message);
        Assert.Contains("Call it once, or give each call a prefix of its own.", e.Message);
    }

    [Fact]
    public async Task Health_of_two_prefixes_two_groups_or_two_hosts_answers_at_each()
    {
        await using var app = await TestApp.StartAsync(static a =>
        {
            a.MapAirlockHealth();
            a.MapAirlockHealth("/healthz");
            a.MapGroup("/inner").MapAirlockHealth();
            a.MapAirlockHealth("/hosted").RequireHost("a.test");
            a.MapAirlockHealth("/hosted").RequireHost("127.0.0.1");
        });
        foreach (var path in new[] { "/health", "/healthz/live", "/inner/health/startup", "/hosted/ready" })
        {
            using var answer = await app.Http.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
            Assert.Equal(200, (int)answer.StatusCode);
        }
    }

    [Theory]
    [InlineData("Gate", "gate")]
    [InlineData("OPTIONAL", "optional")]
    public async Task A_tag_that_is_nearly_one_of_a_gate_is_refused_when_the_host_starts(string tag, string right)
    {
        var e = await Assert.ThrowsAsync<InvalidOperationException>(() => TestApp.StartAsync(services: s => s.AddHealthChecks().AddCheck("database", static () => HealthCheckResult.Healthy(), tags: [tag])));
        Assert.Contains($"The health check 'database' has the tag '{tag}'", e.Message);
        Assert.Contains($"Write '{right}'", e.Message);
    }

    [Fact]
    public async Task More_gates_than_there_may_be_are_refused_when_the_host_starts()
    {
        var e = await Assert.ThrowsAsync<InvalidOperationException>(() => TestApp.StartAsync(services: static s =>
        {
            for (var i = 0; i < 65; i++)
            {
                s.AddHealthChecks().AddCheck($"check {i}", static () => HealthCheckResult.Healthy(), tags: ["gate"]);
            }
        }));
        Assert.Contains("There are 64 gates already", e.Message);
    }
}
