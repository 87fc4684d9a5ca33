using System.Net;
using Airlock.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Airlock.AspNetCore.Tests;

public sealed class ShutdownTests
{
    [Fact]
    public async Task When_the_host_stops_clients_are_told_to_move_and_new_ones_are_refused()
    {
        var time = TestApp.NewTime();
        await using var app = await TestApp.StartAsync(
            a =>
            {
                a.MapAirlock("/chat", TestApp.Echo).AllowAnonymous();
                a.MapAirlockHealth();
            },
            static s => s.Configure<HostOptions>(static o => o.ShutdownTimeout = TimeSpan.FromMinutes(5)),
            o => o.DrainRetryAfter = TimeSpan.FromSeconds(7),
            time: time);
        using var peer = await Peer.ReadyAsync(app.Socket());
        using var starting = await Peer.ConnectAsync(app.Socket());
        await starting.NextAsync("open");
        var stopping = app.StopAsync();
        var drain = await peer.NextAsync("drain");
        Assert.InRange((long)drain["delay"]!, 0, 12_500);
        Assert.Equal(25_000, (long)drain["by"]! - time.GetUtcNow().ToUnixTimeMilliseconds());
        Assert.Equal(7000, (int)(await starting.ClosesWithAsync(CloseReason.Draining))["retryAfter"]!);

        // The listener is still open: who comes now is told, and readiness is off.
        var ready = await app.Http.GetAsync("/health/ready", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Equal(503, await Peer.RefusedAsync(app.Socket()));
        using var page = await Peer.ConnectAsync(app.Socket(), o => o.SetRequestHeader("Origin", app.Address));
        var closing = await page.ClosesWithAsync(CloseReason.Draining);
        Assert.Equal(("resume_later", 7000), ((string)closing["retry"]!, (int)closing["retryAfter"]!));

        // It works until it leaves, and the host waits for that.
        await peer.EchoAsync(1);
        Assert.False(stopping.IsCompleted);
        await starting.CloseAsync();
        await page.CloseAsync();
        await peer.CloseAsync();
        await stopping.WaitAsync(Patience.Max, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Who_does_not_leave_is_closed_with_moved_within_what_the_host_allows()
    {
        var time = TestApp.NewTime();
        var stopped = new TaskCompletionSource();
        await using var app = await TestApp.StartAsync(
            a => a.MapAirlock("/chat", async (Turn turn, CancellationToken stop) =>
            {
                using var registration = stop.Register(stopped.SetResult);
                await turn.StreamAsync("started");
                await Task.Delay(Timeout.InfiniteTimeSpan, stop);
            }).AllowAnonymous(),
            static s => s.Configure<HostOptions>(static o => o.ShutdownTimeout = TimeSpan.FromSeconds(60)),
            static o =>
            {
                o.DrainTimeout = TimeSpan.FromMinutes(10);
                // A client that is silent for so long must not be taken for one that vanished.
                o.Endpoint = new() { Timeouts = new() { Idle = TimeSpan.FromHours(1) } };
            },
            time: time);
        using var peer = await Peer.ReadyAsync(app.Socket());
        await peer.SendAsync(Peer.Data(1, "1"));
        await peer.NextAsync("data");
        var stopping = app.StopAsync();
        var drain = await peer.NextAsync("drain");
        // What the host allows, less the time to close and one second.
        Assert.Equal(54_000, (long)drain["by"]! - time.GetUtcNow().ToUnixTimeMilliseconds());
        time.Advance(TimeSpan.FromSeconds(54));
        var closing = await peer.ClosesWithAsync(CloseReason.Moved, hasSession: true);
        Assert.Equal(("resume", true), ((string)closing["retry"]!, (bool)closing["resumable"]!));
        Assert.False(stopped.Task.IsCompleted);
        await peer.CloseAsync();
        await stopping.WaitAsync(Patience.Max, TestContext.Current.CancellationToken);
        await stopped.Task.WaitAsync(Patience.Max, TestContext.Current.CancellationToken);
    }
}
