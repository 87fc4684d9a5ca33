namespace Airlock.Bench.Tests;

public class StatisticsTests
{
    [Theory]
    [InlineData(new[] { 7.0 }, 7)]
    [InlineData(new[] { 9.0, 1, 5 }, 5)]
    [InlineData(new[] { 4.0, 1, 2, 1000 }, 3)]
    public void The_median_is_the_value_in_the_middle(double[] values, double median) => Assert.Equal(median, Statistics.Median(values));

    [Fact]
    public void A_ratio_compares_within_each_round_so_that_a_slow_spell_of_the_machine_counts_for_nothing() =>
        Assert.Equal(0.5, Statistics.Ratio([50, 5, 50], [100, 10, 100]));

    [Fact]
    public void Without_a_reference_there_is_no_ratio()
    {
        Assert.Null(Statistics.Ratio([1], null));
        Assert.Null(Statistics.Ratio([1], [0]));
    }
}
