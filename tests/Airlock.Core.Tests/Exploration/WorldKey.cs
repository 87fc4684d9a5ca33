namespace Airlock.Core.Tests;

/// <summary>What tells two worlds apart: all of it, as bytes.</summary>
internal readonly struct WorldKey(byte[] bytes) : IEquatable<WorldKey>
{
    private readonly byte[] _bytes = bytes;

    public bool Equals(WorldKey other) => _bytes.AsSpan().SequenceEqual(other._bytes);

    public override bool Equals(object? obj) => obj is WorldKey other && Equals(other);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(_bytes);
        return hash.ToHashCode();
    }
}
