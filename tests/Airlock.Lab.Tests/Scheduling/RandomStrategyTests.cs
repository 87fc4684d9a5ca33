using Airlock.Lab.Scheduling;

namespace Airlock.Lab.Tests;

public sealed class RandomStrategyTests
{
    [Fact]
    public void A_seed_gives_the_same_runs_again_and_another_seed_gives_others()
    {
        var runs = SmallWorld.RunAll(new RandomStrategy(3), 3, 4, most: 50);
        Assert.Equal(runs, SmallWorld.RunAll(new RandomStrategy(3), 3, 4, most: 50));
        Assert.NotEqual(runs, SmallWorld.RunAll(new RandomStrategy(4), 3, 4, most: 50));
    }

    [Fact]
    public void Every_interleaving_of_a_small_world_comes_about_evenly()
    {
        var counts = SmallWorld.RunAll(new RandomStrategy(1), 3, 1, most: 6_000).CountBy(static order => order).ToList();
        Assert.Equal(6, counts.Count);
        Assert.All(counts, static count => Assert.InRange(count.Value, 850, 1_150));
    }
}
