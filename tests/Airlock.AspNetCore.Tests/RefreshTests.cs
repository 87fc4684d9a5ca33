using Airlock.Core;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Airlock.AspNetCore.Tests;

public sealed class RefreshTests
{
    private static readonly TimeSpan _lifetime = TimeSpan.FromMinutes(10);

    [Fact]
    public async Task Expired_credentials_close_and_the_session_stays()
    {
        var time = TestApp.NewTime();
        await using var app = await StartAsync(time);
        using var peer = await Peer.ReadyAsync(app.Socket(), Tokens.For("ann", until: time.GetUtcNow() + _lifetime));
        time.Advance(_lifetime * 0.81);
        await peer.NextAsync("refresh");
        time.Advance(_lifetime * 0.2);
        var closing = await peer.ClosesWithAsync(CloseReason.AuthenticationExpired, hasSession: true);
        Assert.Equal(("resume", true), ((string)closing["retry"]!, (bool)closing["resumable"]!));
        using var next = await Peer.ConnectAsync(app.Socket());
        Assert.Equal("resumed", (string)(await next.ReadyAfterAsync(Tokens.For("ann", until: time.GetUtcNow() + _lifetime), Peer.Resume(peer.Session, 2, 0)))["resume"]!);
    }

    [Fact]
    public async Task A_refresh_in_time_keeps_the_connection_beyond_the_first_expiry()
    {
        var time = TestApp.NewTime();
        await using var app = await StartAsync(time);
        using var peer = await Peer.ReadyAsync(app.Socket(), Tokens.For("ann", until: time.GetUtcNow() + _lifetime));
        time.Advance(_lifetime * 0.81);
        var asked = await peer.NextAsync("refresh");
        await peer.SendAsync(Refresh(Tokens.For("ann", until: time.GetUtcNow() + (_lifetime * 2))));
        var authed = await peer.NextAsync("authed");
        Assert.Equal(time.GetUtcNow().ToUnixTimeMilliseconds() + (_lifetime.TotalMilliseconds * 2), (long)authed["expires"]!);
        Assert.Equal(time.GetUtcNow().ToUnixTimeMilliseconds() + (_lifetime.TotalMilliseconds * 0.19), (long)asked["by"]!);
        time.Advance(_lifetime);
        await peer.EchoAsync(1);
    }

    [Fact]
    public async Task Expiry_pauses_while_new_credentials_are_validated()
    {
        var time = TestApp.NewTime();
        var validation = new HeldValidation();
        await using var app = await StartAsync(time, validation);
        using var peer = await Peer.ReadyAsync(app.Socket(), Tokens.For("ann", until: time.GetUtcNow() + _lifetime));
        var until = time.GetUtcNow() + (_lifetime * 3);
        validation.Hold();
        time.Advance(_lifetime - TimeSpan.FromSeconds(5));
        await peer.SendAsync(Refresh(Tokens.For("ann", until: until)));
        await validation.Asked;

        // Beyond the expiry, and within what a validation may take.
        time.Advance(TimeSpan.FromSeconds(9));
        await peer.EchoAsync(1);
        validation.Release();
        await peer.NextAsync("authed");
        await peer.EchoAsync(2);

        // The new ones expire as the first did.
        time.Advance(until - time.GetUtcNow());
        await peer.ClosesWithAsync(CloseReason.AuthenticationExpired, hasSession: true);
    }

    [Theory]
    [InlineData("expired")]
    [InlineData("not yet valid")]
    [InlineData("unavailable")]
    [InlineData("the same")]
    public async Task A_refresh_that_time_alone_stands_against_leaves_the_connection_until_its_own_expiry(string what)
    {
        var time = TestApp.NewTime();
        var validation = new HeldValidation();
        await using var app = await StartAsync(time, validation);
        app.Expects = [typeof(HttpRequestException)];
        var cached = Tokens.For("ann", until: time.GetUtcNow() + _lifetime);
        using var peer = await Peer.ConnectAsync(app.Socket());
        await peer.HelloAsync(cached);
        var first = await peer.NextAsync("authed");
        await peer.NextAsync("ready");
        if (what == "unavailable")
        {
            validation.Fail(new HttpRequestException("The issuer is not there."));
        }

        for (var i = 0; i < 3; i++)
        {
            await peer.SendAsync(Refresh(what switch
            {
                "expired" => Tokens.For("ann", TimeSpan.FromSeconds(-5)),
                "not yet valid" => Tokens.For("ann", notBefore: DateTimeOffset.UtcNow.AddHours(1)),
                _ => cached,
            }));
            Assert.Equal((long)first["expires"]!, (long)(await peer.NextAsync("authed"))["expires"]!);
            await peer.EchoAsync(i + 1);
        }

        time.Advance(_lifetime);
        await peer.ClosesWithAsync(CloseReason.AuthenticationExpired, hasSession: true);
    }

    [Fact]
    public async Task A_refresh_that_came_in_time_and_expires_while_it_is_validated_is_no_final_close()
    {
        var time = TestApp.NewTime();
        var validation = new HeldValidation();
        await using var app = await StartAsync(time, validation);
        using var peer = await Peer.ReadyAsync(app.Socket(), Tokens.For("ann", until: time.GetUtcNow() + TimeSpan.FromMinutes(2)));
        validation.Hold();
        time.Advance(TimeSpan.FromSeconds(119));
        await peer.SendAsync(Refresh(Tokens.For("ann", until: time.GetUtcNow() + TimeSpan.FromSeconds(4))));
        await validation.Asked;
        time.Advance(TimeSpan.FromSeconds(9));
        validation.Release();
        await peer.ClosesWithAsync(CloseReason.AuthenticationExpired, hasSession: true);
    }

    [Fact]
    public async Task A_second_refresh_during_the_first_closes_its_connection_and_no_other()
    {
        var validation = new HeldValidation();
        await using var app = await StartAsync(validation: validation);
        using var bystander = await Peer.ReadyAsync(app.Socket(), Tokens.For("bob"));
        using var peer = await Peer.ReadyAsync(app.Socket(), Tokens.For("ann"));
        validation.Hold();
        await peer.SendAsync(Refresh(Tokens.For("ann")));
        await validation.Asked;
        await peer.SendAsync(Refresh(Tokens.For("ann")));
        await peer.ClosesWithAsync(CloseReason.RefreshInvalid, hasSession: true);
        validation.Release();
        await bystander.EchoAsync(1);
    }

    [Theory]
    [InlineData("other user", "principal_changed")]
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
            "wrong key" => Tokens.For("ann", wrongKey: true),
            _ => "x",
        };
        await peer.SendAsync(Refresh(token));
        await peer.ClosesWithAsync(CloseReason.All.Single(r => r.Cause == cause), hasSession: true);
        await bystander.EchoAsync(1);
    }

    [Fact]
    public async Task A_refresh_before_authed_is_refused()
    {
        await using var app = await StartAsync();
        using var bystander = await Peer.ReadyAsync(app.Socket(), Tokens.For("bob"));
        using var peer = await Peer.ConnectAsync(app.Socket());
        await peer.SendAsync(Refresh(Tokens.For("ann")));
        await peer.ClosesWithAsync(CloseReason.HelloMissing);
        await bystander.EchoAsync(1);
    }

    [Fact]
    public async Task A_policy_counts_for_refreshed_credentials_too()
    {
        await using var app = await TestApp.StartAsync(services: Tokens.AddBearer, map: a => a.MapAirlock("/chat", TestApp.Echo).RequireAuthorization(p => p.RequireRole("admin")));
        using var peer = await Peer.ReadyAsync(app.Socket(), Tokens.For("ann", role: "admin"));
        await peer.SendAsync(Refresh(Tokens.For("ann")));
        await peer.ClosesWithAsync(CloseReason.Forbidden, hasSession: true);
    }

    private static string Refresh(string token) => $$"""{"t":"refresh","token":"{{token}}"}""";

    private static Task<TestApp> StartAsync(TimeProvider? time = null, HeldValidation? validation = null) => TestApp.StartAsync(
        services: s =>
        {
            Tokens.AddBearer(s);
            if (validation is not null)
            {
                s.Configure<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme, o => o.Events = new JwtBearerEvents { OnTokenValidated = _ => validation.PassAsync() });
            }
        },
        map: a => a.MapAirlock("/chat", TestApp.Echo),
        // Time that is moved by minutes must not look like a client that vanished.
        airlock: o => o.Endpoint = new() { Timeouts = new() { Idle = TimeSpan.FromHours(1) } },
        time: time);

    /// <summary>A validation of tokens that takes until the test lets it go on.</summary>
    private sealed class HeldValidation
    {
        private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private TaskCompletionSource? _released;
        private Exception? _failure;

        internal Task Asked => _asked.Task.WaitAsync(Patience.Max, TestContext.Current.CancellationToken);

        internal void Hold() => _released = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        internal void Fail(Exception failure) => _failure = failure;

        internal void Release() => _released!.SetResult();

        internal Task PassAsync()
        {
            if (_failure is not null)
            {
                throw _failure;
            }

            if (_released is null)
            {
                return Task.CompletedTask;
            }

            _asked.TrySetResult();
            return _released.Task;
        }
    }
}
