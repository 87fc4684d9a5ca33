namespace Airlock.Tests.Harness;

internal sealed class SeededEntropy(int seed) : Entropy
{
    private readonly Lock _lock = new();
    private readonly Random _random = new(seed);

    public override void Fill(Span<byte> bytes)
    {
        lock (_lock)
        {
            _random.NextBytes(bytes);
        }
    }
}
