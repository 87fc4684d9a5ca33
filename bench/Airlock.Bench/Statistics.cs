namespace Airlock.Bench;

/// <summary>What is made of several values.</summary>
internal static class Statistics
{
    /// <summary>The value in the middle; of an even number of values, the mean of the two in the middle.</summary>
    /// <param name="values">One or more.</param>
    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>How a target's rounds compare with those of the reference: the median of what each pair gives, since a machine is not the same from round to round.</summary>
    /// <returns>The ratio; null if there is no reference, or it is 0.</returns>
    public static double? Ratio(IReadOnlyList<double> rounds, IReadOnlyList<double>? reference) =>
        reference is null || reference.Count != rounds.Count || reference.Contains(0) ? null : Median(rounds.Zip(reference, static (mine, theirs) => mine / theirs));
}
