using Airlock.Bench.Measures;

namespace Airlock.Bench;

/// <summary>What a target reached in one row.</summary>
/// <param name="Row">The row.</param>
/// <param name="Target">The target.</param>
/// <param name="Rounds">The value of each round.</param>
/// <param name="Ratio">Compared with the reference, or null without one.</param>
internal sealed record BenchValue(Row Row, string Target, IReadOnlyList<double> Rounds, double? Ratio)
{
    /// <summary>The value.</summary>
    public double Median => Statistics.Median(Rounds);
}
