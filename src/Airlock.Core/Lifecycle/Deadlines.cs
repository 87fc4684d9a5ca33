using System.Runtime.CompilerServices;

namespace Airlock.Core;

/// <summary>The set of a connection's running deadlines: at most one instant for each kind. A value; copies are independent.</summary>
public struct Deadlines : IEquatable<Deadlines>
{
    private const int Kinds = (int)DeadlineKind.Close + 1;

    [InlineArray(Kinds)]
    private struct Instants
    {
        private long _first;
    }

    private Instants _due;
    private int _running;

    /// <summary>Whether this deadline runs.</summary>
    /// <param name="kind">Which deadline.</param>
    public readonly bool Runs(DeadlineKind kind) => (_running & (1 << (int)kind)) != 0;

    /// <summary>The instant of a running deadline in <see cref="TimeSpan"/> ticks of the caller's clock, or null.</summary>
    /// <param name="kind">Which deadline.</param>
    public readonly long? Due(DeadlineKind kind) => Runs(kind) ? _due[(int)kind] : null;

    /// <summary>The earliest running deadline, or null.</summary>
    public readonly (DeadlineKind Kind, long Due)? Next
    {
        get
        {
            (DeadlineKind, long)? next = null;
            for (var kind = 0; kind < Kinds; kind++)
            {
                if (Runs((DeadlineKind)kind) && (next is null || _due[kind] < next.Value.Item2))
                {
                    next = ((DeadlineKind)kind, _due[kind]);
                }
            }

            return next;
        }
    }

    internal void Start(DeadlineKind kind, long due)
    {
        _due[(int)kind] = due;
        _running |= 1 << (int)kind;
    }

    internal void Stop(DeadlineKind kind)
    {
        _due[(int)kind] = 0;
        _running &= ~(1 << (int)kind);
    }

    internal void StopAll() => this = default;

    /// <inheritdoc/>
    public readonly bool Equals(Deadlines other) => _running == other._running && ((ReadOnlySpan<long>)_due).SequenceEqual(other._due);

    /// <inheritdoc/>
    public override readonly bool Equals(object? obj) => obj is Deadlines other && Equals(other);

    /// <inheritdoc/>
    public override readonly int GetHashCode()
    {
        var hash = new HashCode();
        hash.Add(_running);
        foreach (var due in (ReadOnlySpan<long>)_due)
        {
            hash.Add(due);
        }

        return hash.ToHashCode();
    }

    /// <summary>Same set.</summary>
    public static bool operator ==(Deadlines left, Deadlines right) => left.Equals(right);

    /// <summary>Different set.</summary>
    public static bool operator !=(Deadlines left, Deadlines right) => !left.Equals(right);
}
