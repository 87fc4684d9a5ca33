using Airlock.Core;
using Microsoft.AspNetCore.Builder;

namespace Airlock.AspNetCore.Tests;

public sealed class RefreshTests
{
    [Fact]
    public async Task Expired_credentials_close_and_the_session_stays()
    {
        await using var app = await StartAsync();
        using var peer = await Peer.ReadyAsync(app.Socket(), Tokens.For("ann", TimeSpan.FromSeconds(2)));
        await peer.NextAsync("refresh");
        var closing = await peer.ClosesWithAsync(CloseReason.AuthenticationExpired, hasSession: true);
        Assert.Equal(("resume", true), ((string)closing["retry"]!, (bool)closing["resumable"]!));
        using var next = await Peer.ConnectAsync(app.Socket());
        Assert.Equal("resumed", (string)(await next.ReadyAfterAsync(Tokens.For("ann"), Peer.Resume(peer.Session, 2, 0)))["resume"]!);
    }

    [Fact]
    public async Task A_refresh_in_time_keeps_the_connection_beyond_the_first_expiry()
    {
        await using var app = await StartAsync();
        using var peer = await Peer.ReadyAsync(app.Socket(), Tokens.For("ann", TimeSpan.FromSeconds(3)));
        var asked = await peer.NextAsync("refresh");
        await peer.SendAsync($$"""{"t":"refresh","token":"{{Tokens.For("ann")}}"}""");
        var authed = await peer.NextAsync("authed");
        Assert.True((long)authed["expires"]! > (long)asked["by"]! + 200_000);
        var untilOldExpiry = (long)asked["by"]! - DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() + 300;
        await Task.Delay(TimeSpan.FromMilliseconds(Math.Max(0, untilOldExpiry)), TestContext.Current.CancellationToken);
        await peer.EchoAsync(1);
    }

    [Theory]
    [InlineData("other user", "principal_changed")]
    [InlineData("expired", "token_expired")]
    [InlineData("wrong key", "token_invalid")]
    [InlineData("nonsense", "credentials_malformed")]
    public async Task A_refresh_that_is_not_good_closes_with_its_cause(string what, string cause)
    {
        await using var app = await StartAsync();
        using var bystander = await Peer.ReadyAsync(app.Socket(), Tokens.For("bob"));
        using var peer = await Peer.ReadyAsync(app.Socket(), Tokens.For("ann"));
        var token = what switch
        {
            "other user" => Tokens.For("bob"),
            "expired" => Tokens.For("ann", TimeSpan.FromSeconds(-5)),
            "wrong key" => Tokens.For("ann", wrongKey: true),
            _ => "x",
        };
        await peer.SendAsync($$"""{"t":"refresh","token":"{{token}}"}""");
        await peer.ClosesWithAsync(CloseReason.All.Single(r => r.Cause == cause), hasSession: true);
        await bystander.EchoAsync(1);
    }

    [Fact]
    public async Task A_refresh_before_authed_is_refused()
    {
        await using var app = await StartAsync();
        using var peer = await Peer.ConnectAsync(app.Socket());
        await peer.SendAsync($$"""{"t":"refresh","token":"{{Tokens.For("ann")}}"}""");
        await peer.ClosesWithAsync(CloseReason.HelloMissing);
    }

    [Fact]
    public async Task A_policy_counts_for_refreshed_credentials_too()
    {
        await using var app = await TestApp.StartAsync(services: Tokens.AddBearer, map: a => a.MapAirlock("/chat", TestApp.Echo).RequireAuthorization(p => p.RequireRole("admin")));
        using var peer = await Peer.ReadyAsync(app.Socket(), Tokens.For("ann", role: "admin"));
        await peer.SendAsync($$"""{"t":"refresh","token":"{{Tokens.For("ann")}}"}""");
        await peer.ClosesWithAsync(CloseReason.Forbidden, hasSession: true);
    }

    private static Task<TestApp> StartAsync() => TestApp.StartAsync(services: Tokens.AddBearer, map: a => a.MapAirlock("/chat", TestApp.Echo));
}
