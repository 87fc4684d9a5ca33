using Airlock.Lab.Scheduling;

namespace Airlock.Lab.Tests;

public sealed class ReplayStrategyTests
{
    [Fact]
    public void A_schedule_repeats_every_run()
    {
        var random = new RandomStrategy(11);
        for (var i = 0; i < 100; i++)
        {
            random.BeginRun();
            var order = SmallWorld.Run(random, 4, 3, out var schedule);
            Assert.Equal(order, Replay(Schedule.Parse(schedule.ToString())));
        }
    }

    [Fact]
    public void An_empty_schedule_is_first_come_first_served() => Assert.Equal("ABCDABCDABCD", Replay(Schedule.Parse("-")));

    [Fact]
    public void A_choice_that_is_not_there_diverges_and_says_where()
    {
        var e = Assert.Throws<SimulationException>(() => Replay(Schedule.Parse("1.9")));
        Assert.Equal(FailureKind.Divergence, e.Kind);
        Assert.Equal("diverged at step 2, expected option 9, got only 4: party A (begins), party C (begins), party D (begins), party B (goes on)", e.Message);
    }

    [Fact]
    public void A_choice_that_the_world_does_not_have_diverges_and_says_where()
    {
        var scheduler = new Scheduler(new ReplayStrategy(Schedule.Parse("2")));
        var e = Assert.Throws<SimulationException>(() => scheduler.Choose(2));
        Assert.Equal(FailureKind.Divergence, e.Kind);
        Assert.Equal("diverged at step 1, expected option 2 of the world, got only 2", e.Message);
    }

    [Fact]
    public void A_schedule_longer_than_the_run_diverges_and_says_where()
    {
        var strategy = new ReplayStrategy(Schedule.Parse("0.0.1.1"));
        strategy.BeginRun();
        SmallWorld.Run(strategy, 3, 1, out _);
        var e = Assert.Throws<SimulationException>(strategy.AssertUsedUp);
        Assert.Equal(FailureKind.Divergence, e.Kind);
        Assert.Equal("diverged at step 3, expected option 1, got the end of the run", e.Message);
    }

    [Theory]
    [InlineData("1..2")]
    [InlineData("1.x")]
    [InlineData("1.-2")]
    public void What_is_no_schedule_is_refused(string text) => Assert.Contains("A schedule is numbers with dots", Assert.Throws<FormatException>(() => Schedule.Parse(text)).Message, StringComparison.Ordinal);

    private static string Replay(Schedule schedule)
    {
        var strategy = new ReplayStrategy(schedule);
        strategy.BeginRun();
        var order = SmallWorld.Run(strategy, 4, 3, out _);
        strategy.AssertUsedUp();
        return order;
    }
}
