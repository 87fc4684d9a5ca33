using System.Buffers.Binary;
using Airlock.Lab.Scheduling;

namespace Airlock.Lab.Subjects.Production;

/// <summary>Ids and jitter that are the same in every run, and others in another server.</summary>
internal sealed class SeededEntropy(int seed) : Entropy
{
    private readonly Random64 _random = new((ulong)seed);

    public override void Fill(Span<byte> bytes)
    {
        Span<byte> block = stackalloc byte[8];
        while (bytes.Length > 0)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(block, _random.Next());
            var count = Math.Min(8, bytes.Length);
            block[..count].CopyTo(bytes);
            bytes = bytes[count..];
        }
    }
}
