using Airlock.Lab.Scheduling;

namespace Airlock.Lab.Tests;

public sealed class PctStrategyTests
{
    [Fact]
    public void A_seed_gives_the_same_runs_again()
    {
        var runs = SmallWorld.RunAll(new PctStrategy(3, 3), 3, 4, most: 50);
        Assert.Equal(runs, SmallWorld.RunAll(new PctStrategy(3, 3), 3, 4, most: 50));
        Assert.True(runs.Distinct().Count() > 10);
    }

    [Fact]
    public void Without_a_change_the_first_in_priority_runs_to_its_end() =>
        Assert.Equal(["AAAAABBBBB", "BBBBBAAAAA"], SmallWorld.RunAll(new PctStrategy(1, 1), 2, 5, most: 200).Distinct().Order());

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void A_depth_allows_one_change_less(int depth)
    {
        var changes = SmallWorld.RunAll(new PctStrategy(1, depth), 2, 8, most: 500).Select(static order => order.Zip(order.Skip(1)).Count(static pair => pair.First != pair.Second)).ToList();
        // Two parties: one change of party is the end of the first.
        Assert.Equal(depth, changes.Max());
        Assert.Equal(1, changes.Min());
    }
}
