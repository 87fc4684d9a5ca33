using System.Diagnostics;

namespace Airlock.Core;

/// <summary>The numbered entries of one direction that the peer has not acknowledged. A writer pulls by cursor, so replay is live delivery.</summary>
/// <remarks>
/// Not safe for concurrent use; its session's lock guards it.
/// Invariant: Acked ≤ Appended, and every entry in between is kept, and nothing else is; Bytes and the number of gaps are theirs.
/// </remarks>
public sealed class Outbox
{
    private readonly int _entriesMax;
    private readonly long _bytesMax;
    private OutboxEntry[] _ring = [];
    private int _head;
    private int _count;
    private int _gaps;

    /// <summary>Makes an empty outbox.</summary>
    /// <param name="entriesMax">From 1 to 65,536: at this many entries the outbox is full.</param>
    /// <param name="bytesMax">From 1 to 1 GiB: at this many payload bytes the outbox is full.</param>
    public Outbox(int entriesMax, long bytesMax)
    {
        _entriesMax = entriesMax;
        _bytesMax = bytesMax;
    }

    /// <summary>Copies an outbox; later changes of one do not show in the other.</summary>
    /// <param name="other">The outbox to copy. Entries are shared: they do not change.</param>
    public Outbox(Outbox other)
    {
        ArgumentNullException.ThrowIfNull(other);
        _entriesMax = other._entriesMax;
        _bytesMax = other._bytesMax;
        _ring = [.. other._ring];
        _head = other._head;
        _count = other._count;
        _gaps = other._gaps;
        Appended = other.Appended;
        Acked = other.Acked;
        Bytes = other.Bytes;
    }

    /// <summary>The highest number given out.</summary>
    public long Appended { get; private set; }

    /// <summary>The highest number acknowledged.</summary>
    public long Acked { get; private set; }

    /// <summary>Payload bytes kept.</summary>
    public long Bytes { get; private set; }

    /// <summary>Whether no further message should be appended now. What must always be admitted (<c>end</c>, <c>void</c>, <c>nack</c>, <c>gap</c>) may go over it.</summary>
    /// <remarks>A gap takes no room: else the one that tells of what did not fit could be the reason why the next does not.</remarks>
    public bool IsFull => _count - _gaps >= _entriesMax || Bytes >= _bytesMax;

    /// <summary>Appends an entry under the next number.</summary>
    /// <param name="entry">The entry; its <see cref="OutboxEntry.Sequence"/> is given here.</param>
    /// <returns>The same entry, with its number.</returns>
    public OutboxEntry Append(OutboxEntry entry)
    {
        if (_count == _ring.Length)
        {
            Grow();
        }

        entry.Take(++Appended);
        _ring[(_head + _count++) & (_ring.Length - 1)] = entry;
        Bytes += entry.Payload.Length;
        _gaps += entry.Kind == EntryKind.Gap ? 1 : 0;
        return entry;
    }

    /// <summary>Applies a cumulative acknowledgement; both bounds are checked.</summary>
    /// <param name="sequence">The highest number the peer has handled.</param>
    public AckVerdict Acknowledge(long sequence)
    {
        if (sequence > Appended)
        {
            return AckVerdict.BeyondAppended;
        }

        if (sequence < Acked)
        {
            return AckVerdict.Backward;
        }

        while (Acked < sequence)
        {
            Bytes -= _ring[_head].Payload.Length;
            _gaps -= _ring[_head].Kind == EntryKind.Gap ? 1 : 0;
            _ring[_head] = null!;
            _head = (_head + 1) & (_ring.Length - 1);
            _count--;
            Acked++;
        }

        return AckVerdict.Applied;
    }

    /// <summary>Finds the entry after a cursor.</summary>
    /// <param name="cursor">A number from <see cref="Acked"/> to <see cref="Appended"/>; a lower one counts as <see cref="Acked"/>.</param>
    /// <returns>The first entry after it, or null if there is none yet.</returns>
    public OutboxEntry? After(long cursor)
    {
        var index = Math.Max(cursor, Acked) - Acked;
        return index < _count ? _ring[(_head + (int)index) & (_ring.Length - 1)] : null;
    }

    /// <summary>Checks the invariants. It looks at everything that is kept: for tests and simulations, after each step.</summary>
    /// <exception cref="UnreachableException">One does not hold: a bug in here.</exception>
    public void CheckInvariants()
    {
        // In loops, as this is a good part of what a simulation costs.
        var (next, inOrder, bytes, gaps, entries) = (Acked, true, 0L, 0, 0);
        for (var i = 0; i < _count; i++)
        {
            var entry = _ring[(_head + i) & (_ring.Length - 1)];
            inOrder &= entry?.Sequence == ++next;
            bytes += entry?.Payload.Length ?? 0;
            gaps += entry?.Kind == EntryKind.Gap ? 1 : 0;
        }

        foreach (var entry in _ring)
        {
            entries += entry is null ? 0 : 1;
        }

        var broken = Acked < 0 || Acked > Appended || _count != Appended - Acked ? $"acked {Acked}, appended {Appended}, {_count} entries are kept"
            : !inOrder ? "the entries are not in order"
            : entries != _count ? "an entry is kept that was acknowledged"
            : Bytes != bytes ? $"{Bytes} bytes are counted"
            : _gaps != gaps ? $"{_gaps} gaps are counted"
            : null;
        if (broken is not null)
        {
            throw new UnreachableException($"The outbox is broken: {broken}.");
        }
    }

    private void Grow()
    {
        var larger = new OutboxEntry[Math.Max(4, _ring.Length * 2)];
        for (var i = 0; i < _count; i++)
        {
            larger[i] = _ring[(_head + i) & (_ring.Length - 1)];
        }

        _ring = larger;
        _head = 0;
    }
}
