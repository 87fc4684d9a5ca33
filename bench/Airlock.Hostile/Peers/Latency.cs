using System.Globalization;

namespace Airlock.Hostile.Peers;

/// <summary>How long answers took, in milliseconds.</summary>
internal sealed class Latency(List<double> milliseconds)
{
    private readonly double[] _sorted = [.. milliseconds.Order()];

    public int Count => _sorted.Length;

    public double At(double share) => _sorted.Length == 0 ? 0 : _sorted[Math.Min(_sorted.Length - 1, (int)(_sorted.Length * share))];

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"p50 {At(0.5):N2} ms, p99 {At(0.99):N2} ms ({Count:N0} messages)");
}
