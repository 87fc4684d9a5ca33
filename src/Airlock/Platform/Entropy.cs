using System.Buffers.Binary;
using System.Buffers.Text;

namespace Airlock;

/// <summary>Where ids and jitter come from: cryptographic in production (<see cref="SystemEntropy"/>), seeded in a simulation.</summary>
public abstract class Entropy
{
    /// <summary>Fills a span with random bytes. Safe for concurrent use.</summary>
    /// <param name="bytes">Where to.</param>
    public abstract void Fill(Span<byte> bytes);

    /// <summary>Makes an id of 128 random bits.</summary>
    /// <param name="kind">One letter that says what it names, e.g. <c>c</c> for a connection.</param>
    public string NewId(char kind)
    {
        Span<byte> bytes = stackalloc byte[16];
        Fill(bytes);
        return $"{kind}_{Base64Url.EncodeToString(bytes)}";
    }

    /// <summary>A random number from 0 (inclusive) to 1 (exclusive).</summary>
    public double NextFraction()
    {
        Span<byte> bytes = stackalloc byte[8];
        Fill(bytes);
        return (BinaryPrimitives.ReadUInt64LittleEndian(bytes) >> 11) * (1.0 / (1UL << 53));
    }
}
