using System.Net;
using Airlock.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;

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
        Assert.InRange((long)drain["delay"]!, 0, 10);
        Assert.Equal(8000, (long)drain["by"]! - time.GetUtcNow().ToUnixTimeMilliseconds());
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

    [Fact]
    public async Task A_stop_waits_for_nobody_who_has_nothing_under_way_and_not_for_peers_that_answer_no_close()
    {
        var time = TestApp.NewTime();
        await using var app = await LongDrainAsync(time, TestApp.Echo);
        using var idle = await Peer.ReadyAsync(app.Socket());
        using var asleep = await Peer.ReadyAsync(app.Socket());
        using var acknowledged = await Peer.ReadyAsync(app.Socket());
        await acknowledged.EchoAsync(1);
        await acknowledged.SendAsync("""{"t":"ack","a":1}""");
        var stopping = app.StopAsync();
        await idle.NextAsync("drain");
        await AdvanceUntilAsync(time, stopping);
        await idle.ClosesWithAsync(CloseReason.Moved, hasSession: true);
        await acknowledged.ClosesWithAsync(CloseReason.Moved, hasSession: true);
        await stopping;
    }

    [Fact]
    public async Task A_stop_waits_for_a_turn_and_for_the_acknowledgement_of_its_answer()
    {
        var time = TestApp.NewTime();
        var go = new TaskCompletionSource();
        await using var app = await LongDrainAsync(time, async turn =>
        {
            await turn.StreamAsync("started");
            await go.Task;
            await turn.SendAsync("finished");
        });
        using var idle = await Peer.ReadyAsync(app.Socket());
        using var busy = await Peer.ReadyAsync(app.Socket());
        await busy.SendAsync(Peer.Data(1, "1"));
        await busy.NextAsync("data");
        var stopping = app.StopAsync();
        await busy.NextAsync("drain");
        time.Advance(TimeSpan.FromMinutes(10));
        go.SetResult();
        var end = await busy.NextAsync("end");
        time.Advance(TimeSpan.FromMinutes(10));
        await busy.SendAsync(Peer.Data(2, "2"));
        await busy.SendAsync($$"""{"t":"ack","a":{{end["s"]}}}""");
        var last = await busy.NextAsync("end");
        Assert.False(stopping.IsCompleted);
        await busy.SendAsync($$"""{"t":"ack","a":{{last["s"]}}}""");
        await busy.ClosesWithAsync(CloseReason.Moved, hasSession: true);
        await busy.CloseAsync();
        await AdvanceUntilAsync(time, stopping);
        await stopping;
    }

    [Fact]
    public async Task Unless_told_otherwise_a_stop_is_over_within_nine_seconds_whatever_is_under_way()
    {
        var time = TestApp.NewTime();
        await using var app = await TestApp.StartAsync(a => a.MapAirlock("/chat", static () => Task.Delay(Timeout.InfiniteTimeSpan)).AllowAnonymous(), time: time);
        app.Leaves = ["airlock.turns.active"];
        using var busy = await Peer.ReadyAsync(app.Socket());
        await busy.SendAsync(Peer.Data(1, "1"));
        await busy.NextAsync("ack");
        var before = time.GetTimestamp();
        var stopping = app.StopAsync();
        await busy.NextAsync("drain");
        await AdvanceUntilAsync(time, stopping);
        await stopping;
        Assert.InRange(time.GetElapsedTime(before), TimeSpan.FromSeconds(8), TimeSpan.FromSeconds(9));
    }

    [Fact]
    public async Task A_stop_waits_for_a_turn_that_answers_nothing_only_until_it_is_done()
    {
        var time = TestApp.NewTime();
        var go = new TaskCompletionSource();
        await using var app = await LongDrainAsync(time, async _ => await go.Task);
        using var busy = await Peer.ReadyAsync(app.Socket());
        await busy.SendAsync(Peer.Data(1, "1"));
        await busy.NextAsync("ack");
        var stopping = app.StopAsync();
        await busy.NextAsync("drain");
        time.Advance(TimeSpan.FromMinutes(10));
        go.SetResult();
        await busy.ClosesWithAsync(CloseReason.Moved, hasSession: true);
        await busy.CloseAsync();
        await AdvanceUntilAsync(time, stopping);
        await stopping;
    }

    [Fact]
    public async Task Calls_to_leave_are_spread_over_five_milliseconds_for_each_connection_and_half_of_the_time_at_most()
    {
        var time = TestApp.NewTime();
        await using var app = await TestApp.StartAsync(airlock: static o => o.DrainTimeout = TimeSpan.FromMilliseconds(100), time: time);
        var peers = new List<Peer>();
        for (var i = 0; i < 40; i++)
        {
            peers.Add(await Peer.ReadyAsync(app.Socket()));
        }

        var stopping = app.StopAsync();
        var delays = new List<long>();
        foreach (var peer in peers)
        {
            delays.Add((long)(await peer.NextAsync("drain"))["delay"]!);
        }

        Assert.All(delays, static delay => Assert.InRange(delay, 0, 50));
        Assert.Contains(delays, static delay => delay > 10);
        await AdvanceUntilAsync(time, stopping);
        await stopping;
        peers.ForEach(static peer => peer.Dispose());
    }

    /// <summary>An application that may take hours to stop, with deadlines that do not come up meanwhile.</summary>
    private static Task<TestApp> LongDrainAsync(TimeProvider time, Func<Turn, Task> handler) => TestApp.StartAsync(
        a => a.MapAirlock("/chat", handler).AllowAnonymous(),
        static s => s.Configure<HostOptions>(static o => o.ShutdownTimeout = TimeSpan.FromHours(5)),
        static o => (o.DrainTimeout, o.Endpoint) = (TimeSpan.FromHours(1), new() { Timeouts = new() { Idle = TimeSpan.FromHours(5) } }),
        time: time);

    /// <summary>Lets time pass until the stop is over, a minute of it at most.</summary>
    private static async Task AdvanceUntilAsync(FakeTimeProvider time, Task stopping)
    {
        for (var i = 0; i < 600 && !stopping.IsCompleted; i++)
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.WhenAny(stopping, Task.Delay(TimeSpan.FromMilliseconds(50), TestContext.Current.CancellationToken));
        }

        Assert.True(stopping.IsCompleted, "The stop waits for something else.");
    }
}
