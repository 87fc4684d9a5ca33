using System.Globalization;
using HdrHistogram;

namespace Airlock.Lab.Wire;

/// <summary>Durations in milliseconds: how many, and the values below which 50, 95 and 99 % of them lie.</summary>
internal sealed record Quantiles(long Count, double Median, double P95, double P99)
{
    private const double MicrosecondsPerMillisecond = 1000;

    /// <summary>Of some durations; what is not a number is left out.</summary>
    public static Quantiles Of(IEnumerable<double> milliseconds)
    {
        // From a microsecond to an hour, to three digits.
        var histogram = new LongHistogram(3_600_000_000, 3);
        foreach (var value in milliseconds.Where(static value => !double.IsNaN(value)))
        {
            histogram.RecordValue(Math.Max(1, (long)(value * MicrosecondsPerMillisecond)));
        }

        return histogram.TotalCount == 0
            ? new Quantiles(0, double.NaN, double.NaN, double.NaN)
            : new Quantiles(histogram.TotalCount, At(50), At(95), At(99));

        double At(double percentile) => histogram.GetValueAtPercentile(percentile) / MicrosecondsPerMillisecond;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"p50 {Median:0.0} ms, p95 {P95:0.0} ms, p99 {P99:0.0} ms");
}
