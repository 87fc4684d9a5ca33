using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Airlock.AspNetCore.Tests;

public sealed class GateRhythmTests
{
    private readonly GateRhythm _rhythm = new(new AirlockOptions());

    [Fact]
    public void A_gate_opens_at_the_first_good_result()
    {
        Assert.Equal(GateState.Waiting, _rhythm.State);
        Assert.Equal(TimeSpan.FromSeconds(10), _rhythm.Observe(HealthStatus.Healthy));
        Assert.Equal(GateState.Open, _rhythm.State);
        _rhythm.Observe(HealthStatus.Degraded);
        Assert.Equal(GateState.Degraded, _rhythm.State);
    }

    [Fact]
    public void A_cold_gate_is_asked_quickly_then_steadily_then_rarely()
    {
        var waits = Enumerable.Range(0, 40).Select(_ => _rhythm.Observe(HealthStatus.Unhealthy).TotalMilliseconds).ToArray();
        Assert.Equal([125, 250, 500, 1000, 1000], waits[..5]);
        Assert.All(waits[5..30], static w => Assert.Equal(1000, w));
        Assert.Equal([2000, 4000, 8000, 10_000, 10_000], waits[30..35]);
        Assert.Equal(10_000, waits[^1]);
        Assert.Equal(GateState.Waiting, _rhythm.State);
    }

    [Fact]
    public void One_bad_result_closes_no_gate_and_two_do()
    {
        _rhythm.Observe(HealthStatus.Healthy);
        Assert.Equal(TimeSpan.FromSeconds(1), _rhythm.Observe(HealthStatus.Unhealthy));
        Assert.Equal(GateState.Open, _rhythm.State);
        _rhythm.Observe(HealthStatus.Healthy);
        _rhythm.Observe(HealthStatus.Unhealthy);
        Assert.Equal(GateState.Open, _rhythm.State);
        _rhythm.Observe(HealthStatus.Unhealthy);
        Assert.Equal(GateState.Failed, _rhythm.State);
    }

    [Fact]
    public void A_gate_that_closed_opens_after_two_good_results_in_a_row()
    {
        _rhythm.Observe(HealthStatus.Healthy);
        _rhythm.Observe(HealthStatus.Unhealthy);
        _rhythm.Observe(HealthStatus.Unhealthy);
        Assert.Equal(TimeSpan.FromSeconds(1), _rhythm.Observe(HealthStatus.Healthy));
        Assert.Equal(GateState.Failed, _rhythm.State);
        _rhythm.Observe(HealthStatus.Unhealthy);
        _rhythm.Observe(HealthStatus.Healthy);
        Assert.Equal(GateState.Failed, _rhythm.State);
        _rhythm.Observe(HealthStatus.Healthy);
        Assert.Equal(GateState.Open, _rhythm.State);
    }
}
