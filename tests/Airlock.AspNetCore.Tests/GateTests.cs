using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Airlock.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Airlock.AspNetCore.Tests;

public sealed class GateTests
{
    [Theory]
    [InlineData(200)]
    [InlineData(1000)]
    [InlineData(2000)]
    public async Task A_service_that_is_late_is_waited_for_and_what_was_sent_is_handled_once(int milliseconds)
    {
        var gate = new LateGate(TimeSpan.FromMilliseconds(milliseconds));
        await using var app = await StartAsync(s => s.AddHealthChecks().AddCheck("database", gate, tags: ["gate"]));
        using var peer = await Peer.ConnectAsync(app.Socket());
        await peer.SendAsync($"[{Peer.Hello()},{Peer.Data(1, "\"early\"")}]");
        var waiting = await peer.NextAsync("gate");
        gate.Begin();
        Assert.Equal(("database", true, "waiting"), ((string)waiting["name"]!, (bool)waiting["required"]!, (string)waiting["state"]!));
        Assert.Equal("open", (string)(await peer.NextAsync("gate"))["state"]!);
        await peer.NextAsync("ready");
        Assert.Equal("early", (string)(await peer.NextAsync("data"))["b"]!);
        await peer.EchoAsync(2);
    }

    [Theory]
    [InlineData(false, 4101)]
    [InlineData(true, 4301)]
    public async Task A_required_service_that_stays_down_is_gate_timeout(bool resume, int code)
    {
        await using var app = await StartAsync(ClosedGate.Add, TimeSpan.FromMilliseconds(300));
        using var peer = await Peer.ConnectAsync(app.Socket());
        await peer.HelloAsync(resume: resume ? Peer.Resume("s_x", 2, 0) : null);
        var closing = await peer.ClosesWithAsync(CloseReason.GateTimeout, resume);
        Assert.Equal(code, (int)closing["code"]!);
    }

    [Fact]
    public async Task An_optional_service_that_is_down_holds_nobody_up()
    {
        await using var app = await StartAsync(s => new ClosedGate().AddTo(s, "search", optional: true));
        using var peer = await Peer.ConnectAsync(app.Socket());
        await peer.HelloAsync();
        var gate = await peer.NextAsync("gate");
        Assert.Equal(("search", false), ((string)gate["name"]!, (bool)gate["required"]!));
        await peer.NextAsync("ready");
        await peer.EchoAsync(1);
    }

    [Fact]
    public async Task A_gate_that_closes_while_live_holds_turns_and_says_so()
    {
        var gate = new ClosedGate { Result = HealthCheckResult.Healthy() };
        await using var app = await StartAsync(s => gate.AddTo(s, "database"));
        using var peer = await Peer.ReadyAsync(app.Socket());
        await peer.EchoAsync(1);
        gate.Result = HealthCheckResult.Unhealthy();
        Assert.Equal("failed", (string)(await peer.NextAsync("gate"))["state"]!);
        await peer.SendAsync(Peer.Data(2, "\"held\""));
        await peer.SendAsync(Peer.Data(2, "\"held\""));
        var ack = await peer.NextAsync("ack");
        Assert.Equal((2, 1), ((int)ack["a"]!, (int)ack["d"]!));
        gate.Result = HealthCheckResult.Healthy();
        Assert.Equal("open", (string)(await peer.NextAsync("gate"))["state"]!);
        Assert.Equal("held", (string)(await peer.NextAsync("data"))["b"]!);
    }

    [Fact]
    public async Task A_check_that_hangs_counts_as_failed_and_is_not_started_twice()
    {
        var hanging = new HangingCheck();
        await using var app = await TestApp.StartAsync(
            services: s => s.AddHealthChecks().AddCheck("slow", hanging, tags: ["gate"]), airlock: o =>
            {
                o.GateCheckTimeout = TimeSpan.FromMilliseconds(20);
                o.GateIntervalClosed = TimeSpan.FromMilliseconds(20);
            });
        using var peer = await Peer.ConnectAsync(app.Socket());
        await peer.HelloAsync();
        Assert.Equal("waiting", (string)(await peer.NextAsync("gate"))["state"]!);
        // The waits double up to the interval: this one comes after three rounds that got no answer.
        while (app.Server.Gates.Gates[0].RetryAfter != TimeSpan.FromMilliseconds(20))
        {
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }

        Assert.Equal(1, hanging.MostAtOnce);
        hanging.Release.SetResult();
        await peer.NextAsync("ready");
    }

    [Fact]
    public async Task A_check_that_throws_is_a_closed_gate()
    {
        await using var app = await StartAsync(s => s.AddHealthChecks().AddCheck("broken", static () => throw new InvalidOperationException("no"), tags: ["gate"]), TimeSpan.FromMilliseconds(200));
        using var peer = await Peer.ConnectAsync(app.Socket());
        await peer.HelloAsync();
        await peer.ClosesWithAsync(CloseReason.GateTimeout);
    }

    [Fact]
    public async Task Probes_tell_live_startup_and_ready_apart()
    {
        var gate = new ClosedGate();
        var search = new ClosedGate();
        await using var app = await TestApp.StartAsync(
            a =>
            {
                a.MapAirlock("/chat", TestApp.Echo).AllowAnonymous();
                a.MapAirlockHealth();
            },
            s =>
            {
                gate.AddTo(s, "database");
                search.AddTo(s, "search", optional: true);
                s.AddHealthChecks().AddCheck("no gate", static () => HealthCheckResult.Unhealthy());
            },
            o => o.GateIntervalClosed = TimeSpan.FromMilliseconds(20));
        Assert.Equal((200, true), await ProbeAsync(app, "live"));
        var body = await app.Http.GetFromJsonAsync<JsonObject>("/health/live", TestContext.Current.CancellationToken);
        Assert.Equal(["database", "search"], body!["gates"]!.AsArray().Select(static g => (string)g!["name"]!));
        Assert.Equal((503, false), await ProbeAsync(app, "ready"));
        gate.Result = HealthCheckResult.Healthy();
        using var peer = await Peer.ReadyAsync(app.Socket());
        Assert.Equal((200, true), await ProbeAsync(app, "ready"));
        Assert.Equal((200, true), await ProbeAsync(app, "startup"));
    }

    [Fact]
    public async Task Startup_is_over_when_every_gate_was_looked_at()
    {
        var hanging = new HangingCheck();
        await using var app = await TestApp.StartAsync(a => a.MapAirlockHealth(), s => s.AddHealthChecks().AddCheck("slow", hanging, tags: ["gate"]));
        Assert.Equal((503, false), await ProbeAsync(app, "startup"));
        Assert.Equal((200, true), await ProbeAsync(app, "live"));
        hanging.Release.SetResult();
        await app.Log.UntilAsync("Gate slow: Waiting -> Open");
        while (await ProbeAsync(app, "startup") is not (200, true))
        {
            await Task.Yield();
        }
    }

    private static async Task<(int Status, bool Ok)> ProbeAsync(TestApp app, string probe)
    {
        var answer = await app.Http.GetAsync($"/health/{probe}", TestContext.Current.CancellationToken);
        var body = (await answer.Content.ReadFromJsonAsync<JsonObject>(TestContext.Current.CancellationToken))!;
        Assert.Equal(probe, (string)body["probe"]!);
        return ((int)answer.StatusCode, (bool)body["ok"]!);
    }

    private static Task<TestApp> StartAsync(Action<IServiceCollection> services, TimeSpan? deadline = null) => TestApp.StartAsync(services: services, airlock: o =>
    {
        o.Endpoint = new() { Timeouts = new() { Gate = deadline ?? TimeSpan.FromSeconds(30) } };
        o.GateIntervalClosed = TimeSpan.FromMilliseconds(100);
        o.GateInterval = TimeSpan.FromMilliseconds(100);
    });

    /// <summary>A service that is there some time after <see cref="Begin"/>.</summary>
    private sealed class LateGate(TimeSpan late) : IHealthCheck
    {
        private long _since = long.MaxValue;

        internal void Begin() => Volatile.Write(ref _since, TimeProvider.System.GetTimestamp());

        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(Volatile.Read(ref _since) is var since and not long.MaxValue && TimeProvider.System.GetElapsedTime(since) >= late ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy());
    }

    private sealed class HangingCheck : IHealthCheck
    {
        private int _now;

        internal TaskCompletionSource Release { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal int MostAtOnce { get; private set; }

        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            MostAtOnce = Math.Max(MostAtOnce, Interlocked.Increment(ref _now));
            await Release.Task;
            Interlocked.Decrement(ref _now);
            return HealthCheckResult.Healthy();
        }
    }
}
