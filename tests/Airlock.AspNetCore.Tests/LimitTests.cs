using System.Net;
using Airlock.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Airlock.AspNetCore.Tests;

public sealed class LimitTests
{
    [Fact]
    public async Task A_user_has_so_many_connections_and_no_more()
    {
        await using var app = await StartAsync(o => o.Endpoint = new() { ConnectionsPerUserMax = 2 });
        using var one = await Peer.ReadyAsync(app.Socket(), Tokens.For("ann"));
        using var two = await Peer.ReadyAsync(app.Socket(), Tokens.For("ann"));
        using var three = await Peer.ConnectAsync(app.Socket());
        await three.HelloAsync(Tokens.For("ann"));
        await three.ClosesWithAsync(CloseReason.ConnectionLimit);
        using var other = await Peer.ReadyAsync(app.Socket(), Tokens.For("bob"));
        await one.EchoAsync(1);
        await two.CloseAsync();
        await app.Log.UntilAsync("1000 client_closed");
        using var again = await Peer.ReadyAsync(app.Socket(), Tokens.For("ann"));
    }

    [Fact]
    public async Task An_address_has_so_many_connections_and_no_more()
    {
        await using var app = await StartAsync(o => o.Endpoint = new() { ConnectionsPerAddressMax = 1 });
        using var one = await Peer.ReadyAsync(app.Socket(), Tokens.For("ann"));
        Assert.Equal(429, await Peer.RefusedAsync(app.Socket()));
        using var page = await Peer.ConnectAsync(app.Socket(), o => o.SetRequestHeader("Origin", app.Address));
        Assert.Equal(5000, (int)(await page.ClosesWithAsync(CloseReason.AddressLimit))["retryAfter"]!);
        await one.EchoAsync(1);
    }

    [Fact]
    public async Task A_user_whose_sessions_are_all_attached_gets_no_further_one()
    {
        await using var app = await StartAsync(o => o.Sessions = new() { SessionsPerUserMax = 2 });
        using var one = await Peer.ReadyAsync(app.Socket(), Tokens.For("ann"));
        using var two = await Peer.ReadyAsync(app.Socket(), Tokens.For("ann"));
        using var three = await Peer.ConnectAsync(app.Socket());
        await three.HelloAsync(Tokens.For("ann"));
        await three.ClosesWithAsync(CloseReason.SessionLimit);
        await two.CloseAsync();
        await app.Log.UntilAsync("1000 client_closed");
        using var four = await Peer.ReadyAsync(app.Socket(), Tokens.For("ann"));
        await one.EchoAsync(1);
    }

    [Fact]
    public async Task Clients_without_a_user_pile_up_no_sessions_beyond_the_limit_of_their_address()
    {
        using var store = new MemorySessionStore(TimeProvider.System, new SystemEntropy(), new() { SessionsPerAddressMax = 3 });
        await using var app = await TestApp.StartAsync(services: s => s.AddSingleton<ISessionStore>(store));
        using var bystander = await Peer.ReadyAsync(app.Socket());
        for (var i = 0; i < 10; i++)
        {
            // Each comes without a cookie: a new user every time, and far below what one user may have.
            using var peer = await Peer.ReadyAsync(app.Socket());
            await peer.CloseAsync();
            await app.Log.UntilAsync($"{peer.Connection} ended: 1000");
            Assert.InRange(store.Count, 1, 3);
        }

        using var second = await Peer.ReadyAsync(app.Socket());
        using var third = await Peer.ReadyAsync(app.Socket());
        using var fourth = await Peer.ConnectAsync(app.Socket());
        await fourth.HelloAsync();
        await fourth.ClosesWithAsync(CloseReason.SessionLimit);
        await bystander.EchoAsync(1);
    }

    [Theory]
    [InlineData("10.1.2.3", "10.1.2.3")]
    [InlineData("::ffff:10.1.2.3", "10.1.2.3")]
    [InlineData("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64")]
    [InlineData("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64")]
    [InlineData("::1", "localhost")]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData(null, null)]
    public void An_address_is_one_ipv4_address_or_64_bits_of_ipv6(string? address, string? expected) =>
        Assert.Equal(expected, ClientAddress.Of(address is null ? null : IPAddress.Parse(address)));

    private static Task<TestApp> StartAsync(Action<AirlockOptions> airlock) => TestApp.StartAsync(services: Tokens.AddBearer, map: a => a.MapAirlock("/chat", TestApp.Echo), airlock: airlock);
}
