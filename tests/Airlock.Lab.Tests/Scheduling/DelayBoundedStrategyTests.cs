using Airlock.Lab.Scheduling;

namespace Airlock.Lab.Tests;

public sealed class DelayBoundedStrategyTests
{
    [Theory]
    [InlineData(3, 1, 6)]
    [InlineData(4, 1, 24)]
    [InlineData(2, 2, 6)]
    [InlineData(2, 3, 20)]
    [InlineData(3, 2, 90)]
    public void Without_a_bound_every_interleaving_is_run_exactly_once(int actors, int steps, int interleavings)
    {
        var strategy = new DelayBoundedStrategy(int.MaxValue);
        var orders = SmallWorld.RunAll(strategy, actors, steps, most: 1_000);
        Assert.True(strategy.IsExhausted);
        Assert.Equal(interleavings, orders.Count);
        Assert.Equal(interleavings, orders.Distinct().Count());
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 3)]
    [InlineData(2, 5)]
    [InlineData(3, 6)]
    public void A_bound_is_the_delays_allowed_in_all(int bound, int schedules)
    {
        // Of three parties with one step each: two decisions, of three and of two options.
        var strategy = new DelayBoundedStrategy(bound);
        var orders = SmallWorld.RunAll(strategy, 3, 1, most: 1_000);
        Assert.Equal(schedules, orders.Count);
        Assert.Equal("ABC", orders[0]);
        Assert.Equal(orders.Count, orders.Distinct().Count());
    }

    [Fact]
    public void A_subject_that_is_not_deterministic_is_said_to_be()
    {
        var strategy = new DelayBoundedStrategy(int.MaxValue);
        strategy.BeginRun();
        SmallWorld.Run(strategy, 3, 1, out _);
        strategy.BeginRun();
        var e = Assert.Throws<SimulationException>(() => SmallWorld.Run(strategy, 4, 1, out _));
        Assert.Equal(FailureKind.Divergence, e.Kind);
        Assert.Contains("Decision 1 had 3 options in one run and 4 in the next", e.Message, StringComparison.Ordinal);
    }
}
