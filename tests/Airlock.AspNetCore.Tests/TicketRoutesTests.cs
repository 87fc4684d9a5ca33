using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Airlock.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Airlock.AspNetCore.Tests;

/// <summary>Tickets count for every way to write a pattern, since what belongs together is decided by the endpoint and not by its text.</summary>
public sealed class TicketRoutesTests
{
    /// <summary>Pattern, and addresses of it.</summary>
    private static readonly (string Pattern, string[] Addresses)[] _written =
    [
        ("/chat/", ["/chat", "/chat/", "/CHAT"]),
        ("plain", ["/plain", "/Plain/"]),
        ("~/tilde", ["/tilde"]),
        ("/rooms/{room}/chat", ["/rooms/1/chat", "/rooms/a%20b/chat", "/rooms/a%2Fb/chat", "/rooms/ticket/chat", "/ROOMS/x/CHAT/"]),
        ("/ints/{room:int}", ["/ints/7", "/ints/-3/"]),
        ("/optional/{room?}", ["/optional", "/optional/", "/optional/blue"]),
        ("/optionalInts/{room:int?}", ["/optionalInts", "/optionalInts/5"]),
        ("/default/{room=lobby}", ["/default", "/default/lobby", "/default/blue"]),
        ("/two/{a=1}/{b?}", ["/two", "/two/1", "/two/2", "/two/2/3"]),
        ("/files/{*path}", ["/files", "/files/a", "/files/a/b/c", "/files/a/", "/files/ticket/a"]),
        ("/files2/{**path}", ["/files2/a%20b/c", "/files2"]),
        ("/short/{*path:maxlength(3)}", ["/short/abc", "/short/a"]),
        ("/deep/{a?}/{**rest}", ["/deep/x", "/deep/x/y/z"]),
        ("/docs/{name}.{ext?}", ["/docs/a.txt", "/docs/a"]),
        ("/{lang}-{region}/talk", ["/de-at/talk", "/EN-us/TALK"]),
        ("/under", ["/under"]),
        ("/under/ticket", ["/under/ticket"]),
        ("/under/{room}", ["/under/blue"]),
        ("/under/{room}/{seat}", ["/under/blue/1"]),
        ("/über/straße", ["/%C3%BCber/stra%C3%9Fe", "/über/straße"]),
    ];

    [Fact]
    public async Task A_ticket_counts_for_every_way_to_write_a_pattern_and_its_address()
    {
        await using var app = await StartAsync(static routes => MapAll(routes, static pattern => pattern));
        await EachLetsInAsync(app, "");
    }

    [Theory]
    [InlineData("/api")]
    [InlineData("api/")]
    [InlineData("/t/{tenant}/v{version:int}")]
    public async Task A_ticket_counts_in_a_group(string prefix)
    {
        await using var app = await StartAsync(a => MapAll(a.MapGroup(prefix).MapGroup(""), static pattern => pattern.TrimStart('~')));
        await EachLetsInAsync(app, prefix.StartsWith("/t", StringComparison.Ordinal) ? "/t/acme/v2" : "/api");
    }

    [Fact]
    public async Task A_ticket_counts_under_a_path_base()
    {
        await using var app = await StartAsync(a =>
        {
            a.UsePathBase("/base");
            a.UseRouting();
            MapAll(a, static pattern => pattern);
        });
        await EachLetsInAsync(app, "/base");
        // With and without the base it is one endpoint.
        await LetsInAsync(app, "/chat", "/base/chat");
    }

    [Fact]
    public async Task A_ticket_counts_for_patterns_put_together_at_random()
    {
        var seed = Random.Shared.Next();
        TestContext.Current.SendDiagnosticMessage($"Seed {seed}");
        var random = new Random(seed);
        var made = Enumerable.Range(0, 60).Select(i => Make(random, i)).ToList();
        await using var app = await StartAsync(routes =>
        {
            foreach (var (group, pattern, _) in made)
            {
                routes.MapGroup(group).MapAirlock(pattern, TestApp.Echo);
            }
        });
        foreach (var (group, pattern, address) in made)
        {
            await LetsInAsync(app, address, Vary(random, address), $"Seed {seed}: {group} + {pattern} at {address}");
        }
    }

    [Fact]
    public async Task A_ticket_counts_for_its_own_route_values_only()
    {
        await using var app = await StartAsync(static a => a.MapAirlock("/t/{tenant}/chat/{room?}", TestApp.Echo));
        foreach (var (asked, used) in ((string, string)[])[("/t/a/chat", "/t/b/chat"), ("/t/a/chat/x", "/t/a/chat"), ("/t/a/chat", "/t/a/chat/x"), ("/t/a/chat/bc", "/t/ab/chat/c")])
        {
            using var peer = await ConnectAsync(app, used, await FetchAsync(app, asked, asked));
            await peer.HelloAsync();
            await peer.ClosesWithAsync(CloseReason.TicketInvalid);
        }
    }

    [Fact]
    public async Task Endpoints_of_one_path_and_several_hosts_have_tickets_of_their_own()
    {
        await using var app = await StartAsync(static a =>
        {
            a.MapAirlock("/chat", static async (Turn turn) => await turn.SendAsync("one")).RequireHost("one.test");
            a.MapAirlock("/chat", static async (Turn turn) => await turn.SendAsync("two")).RequireHost("two.test");
        });
        var ticket = await FetchAsync(app, "/chat", "one", "one.test");
        using var peer = await ConnectAsync(app, "/chat", ticket, "one.test");
        await peer.HelloAsync();
        await peer.NextAsync("ready");
        using var other = await ConnectAsync(app, "/chat", await FetchAsync(app, "/chat", "one", "one.test"), "two.test");
        await other.HelloAsync();
        await other.ClosesWithAsync(CloseReason.TicketInvalid);
    }

    [Theory]
    [InlineData("", "/", "/")]
    [InlineData("", "", "/")]
    [InlineData("/chat", "", "/chat")]
    [InlineData("/chat/", "/", "/chat/")]
    [InlineData("", "{room=lobby}", "/")]
    [InlineData("", "/{*all}", "/")]
    public async Task A_ticket_counts_where_there_is_no_path(string group, string pattern, string address)
    {
        await using var app = await StartAsync(a => a.MapGroup(group).MapAirlock(pattern, TestApp.Echo));
        await LetsInAsync(app, address, address);
    }

    [Fact]
    public async Task An_endpoint_can_have_a_name()
    {
        await using var app = await StartAsync(static a => a.MapAirlock("/rooms/{room?}", TestApp.Echo).WithName("rooms"));
        var links = app.Services.GetRequiredService<LinkGenerator>();
        Assert.Equal(("/rooms/blue", "/rooms"), (links.GetPathByName("rooms", new { room = "blue" }), links.GetPathByName("rooms", values: null)));
        await LetsInAsync(app, "/rooms/blue", "/rooms/blue");
    }

    [Theory]
    [InlineData("/short/abcd", HttpStatusCode.NotFound)]
    [InlineData("/ints/x", HttpStatusCode.NotFound)]
    public async Task Constraints_hold_for_tickets_too(string address, HttpStatusCode status)
    {
        await using var app = await StartAsync(static routes => MapAll(routes, static pattern => pattern));
        using var request = Request(address, null);
        Assert.Equal(status, (await app.Http.SendAsync(request, TestContext.Current.CancellationToken)).StatusCode);
    }

    [Fact]
    public async Task An_applications_own_route_goes_before_a_catch_all_of_tickets()
    {
        await using var app = await StartAsync(static a =>
        {
            a.MapAirlock("/{**path}", TestApp.Echo);
            a.MapPost("/orders/ticket", () => "mine");
        });
        Assert.Equal("mine", await (await app.Http.PostAsync("/orders/ticket", null, TestContext.Current.CancellationToken)).Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        await LetsInAsync(app, "/others", "/others");
    }

    private static void MapAll(IEndpointRouteBuilder routes, Func<string, string> write)
    {
        foreach (var (pattern, _) in _written)
        {
            routes.MapAirlock(write(pattern), TestApp.Echo);
        }
    }

    private static async Task EachLetsInAsync(TestApp app, string prefix)
    {
        foreach (var (pattern, addresses) in _written)
        {
            foreach (var address in addresses)
            {
                await LetsInAsync(app, prefix + address, prefix + address, $"{pattern} at {address}");
            }
        }
    }

    private static async Task LetsInAsync(TestApp app, string asked, string used, string what = "")
    {
        using var peer = await ConnectAsync(app, used, await FetchAsync(app, asked, what));
        await peer.HelloAsync();
        while (await peer.NextAsync() is { } frame)
        {
            Assert.True((string)frame["t"]! != "closing", $"{what}: {frame}");
            if ((string)frame["t"]! == "ready")
            {
                return;
            }
        }

        Assert.Fail(what);
    }

    private static async Task<string> FetchAsync(TestApp app, string address, string what, string? host = null)
    {
        using var request = Request(address, host);
        var answer = await app.Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.True(answer.StatusCode == HttpStatusCode.OK, $"{what}: {answer.StatusCode} at {request.RequestUri}");
        return (string)(await answer.Content.ReadFromJsonAsync<JsonObject>(TestContext.Current.CancellationToken))!["ticket"]!;
    }

    private static HttpRequestMessage Request(string address, string? host) =>
        new(HttpMethod.Post, $"{address.TrimEnd('/')}/ticket") { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", Tokens.For("ann")), Host = host } };

    private static Task<Peer> ConnectAsync(TestApp app, string address, string ticket, string? host = null) => Peer.ConnectAsync(new Uri(app.Socket(address) + $"?ticket={ticket}"), o =>
    {
        if (host is not null)
        {
            o.SetRequestHeader("Host", host);
        }
    });

    private static Task<TestApp> StartAsync(Action<WebApplication> map) => TestApp.StartAsync(services: Tokens.AddBearer, map: map);

    /// <summary>A group, a pattern in it, and an address of it; the number keeps it from being another's.</summary>
    private static (string Group, string Pattern, string Address) Make(Random random, int number)
    {
        var group = random.Next(3) switch { 0 => ("", ""), 1 => ("/g", "/g"), _ => ("/g/{tenant}/", $"/g/t{number}") };
        var pattern = new List<string> { $"p{number}" };
        var address = new List<string> { $"p{number}" };
        for (var i = 0; i < random.Next(3); i++)
        {
            Add($"{{m{i}}}", $"v{i}");
        }

        switch (random.Next(6))
        {
            case 0:
                Add("{o?}", random.Next(2) == 0 ? null : "x");
                break;
            case 1:
                Add("{d=y}", random.Next(2) == 0 ? null : "z");
                break;
            case 2:
                Add("{n:int?}", random.Next(2) == 0 ? null : "12");
                break;
            case 3:
                Add("{**all}", random.Next(3) switch { 0 => null, 1 => "one", _ => "one/two" });
                break;
            case 4:
                Add("literal", "literal");
                break;
        }

        return (group.Item1, (random.Next(2) == 0 ? "/" : "") + string.Join('/', pattern) + (random.Next(3) == 0 && !pattern[^1].StartsWith("{**", StringComparison.Ordinal) ? "/" : ""), $"{group.Item2}/{string.Join('/', address)}");

        void Add(string segment, string? value)
        {
            pattern.Add(segment);
            if (value is not null)
            {
                address.Add(value);
            }
        }
    }

    /// <summary>The same address in other letters, with a slash at the end, with one letter encoded.</summary>
    private static string Vary(Random random, string address) => random.Next(4) switch
    {
        0 => address.ToUpperInvariant(),
        1 => address + "/",
        2 => address.Replace("p", "%70", StringComparison.Ordinal),
        _ => address,
    };
}
