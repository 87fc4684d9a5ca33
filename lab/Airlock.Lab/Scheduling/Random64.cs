namespace Airlock.Lab.Scheduling;

/// <summary>A small seeded generator (SplitMix64), the same on every machine and version of .NET.</summary>
/// <param name="seed">Where it begins.</param>
public sealed class Random64(ulong seed)
{
    private ulong _state = seed;

    /// <summary>The next 64 bits.</summary>
    public ulong Next()
    {
        _state += 0x9E3779B97F4A7C15;
        var z = _state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>A number from 0 to below a bound.</summary>
    public int Below(int bound) => (int)((Next() >> 33) % (ulong)bound);
}
