namespace Airlock.Core;

/// <summary>A connection's bounded history: the first entries (its set-up) and the latest ones. Equal events are one line for as long as the state stays, so that a flood cannot evict it.</summary>
/// <remarks>Not safe for concurrent use; the lifecycle's owner reads it.</remarks>
public sealed class FlightRecord
{
    /// <summary>How many entries are kept: the first 12 and the last 20.</summary>
    public const int EntriesMax = 32;
    private const int Kept = 12;

    private FlightEntry[] _entries = new FlightEntry[8];
    private int _count;
    private int _next = Kept;

    /// <summary>How many entries were dropped from the middle.</summary>
    public long Dropped { get; private set; }

    /// <summary>The entries, oldest first.</summary>
    public IReadOnlyList<FlightEntry> Entries
    {
        get
        {
            if (_count < EntriesMax)
            {
                return _entries[.._count];
            }

            return [.. _entries[..Kept], .. _entries[_next..], .. _entries[Kept.._next]];
        }
    }

    internal void Add(in FlightEntry entry)
    {
        if (Coalesce(entry))
        {
            return;
        }

        if (_count < EntriesMax)
        {
            if (_count == _entries.Length)
            {
                Array.Resize(ref _entries, _entries.Length * 2);
            }

            _entries[_count++] = entry;
            return;
        }

        _entries[_next] = entry;
        _next = _next + 1 == EntriesMax ? Kept : _next + 1;
        Dropped++;
    }

    /// <summary>Counts an entry that left the state as it was into an equal one since the state last changed.</summary>
    private bool Coalesce(in FlightEntry entry)
    {
        var at = Last;
        for (var seen = 0; entry.From == entry.To && seen < _count && _entries[at].From == _entries[at].To; seen++)
        {
            ref var earlier = ref _entries[at];
            if (earlier.Event == entry.Event && earlier.Refused == entry.Refused && earlier.Reason == entry.Reason)
            {
                earlier = earlier with { Count = earlier.Count + 1 };
                return true;
            }

            at = Before(at);
        }

        return false;
    }

    private int Last => _count < EntriesMax ? _count - 1 : Before(_next);

    // The first entries are followed by a ring, whose oldest is next to be written over.
    private int Before(int at) => at == Kept && _count == EntriesMax ? EntriesMax - 1 : at - 1;
}
