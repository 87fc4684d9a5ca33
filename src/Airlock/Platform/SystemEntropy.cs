using System.Security.Cryptography;

namespace Airlock;

/// <summary>The operating system's entropy. Ids made from it cannot be guessed.</summary>
public sealed class SystemEntropy : Entropy
{
    /// <inheritdoc/>
    public override void Fill(Span<byte> bytes)
    {
#pragma warning disable RS0030 // The one source of production randomness; everything else takes an Entropy.
        RandomNumberGenerator.Fill(bytes);
#pragma warning restore RS0030
    }
}
