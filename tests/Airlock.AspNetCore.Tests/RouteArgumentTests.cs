using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Mvc;

namespace Airlock.AspNetCore.Tests;

public sealed class RouteArgumentTests
{
    private static readonly Guid _guid = new("00112233-4455-6677-8899-aabbccddeeff");

    internal enum Colour
    {
        Red,
        Green,
    }

    public static TheoryData<string, string, Delegate, string> Values => new()
    {
        { "/rooms/{room}", "/rooms/blue", async (Turn turn, string room) => await turn.SendAsync(room), "\"blue\"" },
        { "/rooms/{room}", "/rooms/Bl%C3%BCte%2F7%20a", async (Turn turn, string ROOM) => await turn.SendAsync(ROOM), "\"Bl\\u00FCte%2F7 a\"" },
        { "/rooms/{room}", "/rooms/blue", async (Turn turn, [FromRoute(Name = "room")] string name) => await turn.SendAsync(name), "\"blue\"" },
        { "/rooms/{room}", "/rooms/blue", async (Turn turn) => await turn.SendAsync(turn.Route["room"]), "\"blue\"" },
        { "/n/{n:int}", "/n/-7", async (Turn turn, int n) => await turn.SendAsync(n + 1), "-6" },
        { "/n/{n}", "/n/7", async (Turn turn, long? n) => await turn.SendAsync(n), "7" },
        { "/n/{n}", "/n/1.5", async (decimal n, Turn turn) => await turn.SendAsync(n), "1.5" },
        { "/n/{n}", "/n/true", async (bool n, Turn turn) => await turn.SendAsync(n), "true" },
        { "/n/{n}", "/n/2026-01-02", async (DateOnly n, Turn turn) => await turn.SendAsync(n), "\"2026-01-02\"" },
        { "/n/{n}", "/n/00112233-4455-6677-8899-AABBCCDDEEFF", async (Guid n, Turn turn) => await turn.SendAsync(n == _guid), "true" },
        { "/n/{n}", "/n/green", async (Colour n, Turn turn) => await turn.SendAsync(n == Colour.Green), "true" },
        { "/n/{n}", "/n/a%20b", async (Uri n, Turn turn) => await turn.SendAsync(n.OriginalString), "\"a b\"" },
        { "/n/{n}", "/n/3x4", async (Parsable n, Turn turn) => await turn.SendAsync(n.Area), "12" },
        { "/n/{n}", "/n/3x4", async (WithTryParse n, Turn turn) => await turn.SendAsync(n.Area), "12" },
        { "/n/{n?}", "/n", async (Turn turn, string? n) => await turn.SendAsync(n is null), "true" },
        { "/n/{n?}", "/n", async (Turn turn, int n = 5) => await turn.SendAsync(n), "5" },
        { "/n/{n=6}", "/n", async (Turn turn, int n) => await turn.SendAsync(n), "6" },
        { "/n/{n=6}", "/n/8", async (Turn turn, int n) => await turn.SendAsync(n), "8" },
        { "/a/{x}/b/{y}", "/a/1/b/2", async (int y, Turn turn, int x) => await turn.SendAsync((x * 10) + y), "12" },
        { "/a/{x}-{y}", "/a/1-2", async (int y, Turn turn, int x) => await turn.SendAsync((x * 10) + y), "12" },
        { "/n/{n}", "/n/unread", async (Turn turn) => await turn.SendAsync("fine"), "\"fine\"" },
    };

    [Theory]
    [MemberData(nameof(Values), DisableDiscoveryEnumeration = true)]
    public async Task A_handler_is_given_the_values_of_its_route(string pattern, string path, Delegate handler, string answer)
    {
        await using var app = await TestApp.StartAsync(a => a.MapAirlock(pattern, handler).AllowAnonymous());
        using var peer = await Peer.ReadyAsync(app.Socket(path));
        await peer.SendAsync(Peer.Data(1, "1"));
        Assert.Equal(answer, (await peer.NextAsync("data"))["b"]!.ToJsonString());
    }

    [Fact]
    public async Task A_value_may_come_from_the_prefix_of_a_group()
    {
        await using var app = await TestApp.StartAsync(a => a.MapGroup("/tenants/{tenant}").MapGroup("/rooms").MapAirlock("/{room}", async (Turn turn, string tenant, int room) => await turn.SendAsync($"{tenant} {room}")).AllowAnonymous());
        using var peer = await Peer.ReadyAsync(app.Socket("/tenants/acme/rooms/7"));
        await peer.SendAsync(Peer.Data(1, "1"));
        Assert.Equal("acme 7", (string)(await peer.NextAsync("data"))["b"]!);
    }

    [Fact]
    public async Task What_is_in_no_prefix_of_a_group_fails_when_the_host_starts()
    {
        var e = await Assert.ThrowsAsync<ArgumentException>(() => TestApp.StartAsync(a => a.MapGroup("/tenants/{tenant}").MapAirlock("/chat", (Turn turn, string room) => { }).AllowAnonymous()));
        Assert.Contains("'String room' is no parameter of the route '/tenants/{tenant}/chat' (tenant)", e.Message);
    }

    [Theory]
    [InlineData("/n/x")]
    [InlineData("/n/99999999999")]
    [InlineData("/n/1.0")]
    [InlineData("/n/")]
    public async Task A_value_that_the_handler_cannot_take_is_no_place(string path)
    {
        await using var app = await TestApp.StartAsync(a => a.MapAirlock("/n/{n?}", (Turn turn, int n) => { }).AllowAnonymous());
        Assert.Equal(404, await Peer.RefusedAsync(app.Socket(path)));
        await app.Log.UntilAsync("A request was refused before its upgrade");
        using var good = await Peer.ReadyAsync(app.Socket("/n/1"));
    }

    [Fact]
    public async Task A_parser_that_throws_has_read_nothing()
    {
        await using var app = await TestApp.StartAsync(a => a.MapAirlock("/n/{n}", (Turn turn, Throwing n) => { }).AllowAnonymous());
        Assert.Equal(404, await Peer.RefusedAsync(app.Socket("/n/1")));
    }

    [Fact]
    public async Task A_session_belongs_to_the_values_of_its_route()
    {
        await using var app = await TestApp.StartAsync(services: Tokens.AddBearer, map: a => a.MapAirlock("/rooms/{room}", async (Turn turn, string room) => await turn.SendAsync(room)));
        using var blue = await Peer.ReadyAsync(app.Socket("/rooms/blue"), Tokens.For("ann"));
        await blue.CloseAsync();

        // At another place it does not exist; at its own it goes on.
        using var red = await Peer.ConnectAsync(app.Socket("/rooms/red"));
        Assert.Equal("new", (string)(await red.ReadyAfterAsync(Tokens.For("ann"), Peer.Resume(blue.Session, 2, 0)))["resume"]!);
        using var again = await Peer.ConnectAsync(app.Socket("/rooms/blue"));
        Assert.Equal("resumed", (string)(await again.ReadyAfterAsync(Tokens.For("ann"), Peer.Resume(blue.Session, 2, 0)))["resume"]!);
        foreach (var (peer, room) in new[] { (again, "blue"), (red, "red") })
        {
            await peer.SendAsync(Peer.Data(1, "1", id: room));
            Assert.Equal(room, (string)(await peer.NextAsync("data"))["b"]!);
        }
    }

    internal sealed record Parsable(int Area) : IParsable<Parsable>
    {
        public static Parsable Parse(string s, IFormatProvider? provider) => throw new NotSupportedException();

        public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, [MaybeNullWhen(false)] out Parsable result)
        {
            result = new(s!.Split('x').Select(int.Parse).Aggregate(1, static (a, b) => a * b));
            return true;
        }
    }

    internal sealed record WithTryParse(int Area)
    {
        public static bool TryParse(string text, out WithTryParse? result)
        {
            result = new(text.Split('x').Select(int.Parse).Aggregate(1, static (a, b) => a * b));
            return true;
        }
    }

    internal sealed record Throwing
    {
        public static bool TryParse(string text, out Throwing? result) => throw new FormatException(text);
    }
}
