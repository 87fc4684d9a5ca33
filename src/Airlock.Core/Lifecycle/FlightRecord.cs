namespace Airlock.Core;

/// <summary>A connection's bounded history: the first entries (its set-up) and the latest ones, with equal neighbours coalesced so that a flood cannot evict it.</summary>
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
        if (_count > 0)
        {
            ref var last = ref _entries[Last];
            if (last.Event == entry.Event && last.From == entry.From && last.To == entry.To && last.Refused == entry.Refused && last.Reason == entry.Reason)
            {
                last = last with { Count = last.Count + 1 };
                return;
            }
        }

        if (_count < EntriesMax)
        {
            if (_count == _entries.Length)
            {
                Array.Resize(ref _entries, EntriesMax);
            }

            _entries[_count++] = entry;
            return;
        }

        _entries[_next] = entry;
        _next = _next + 1 == EntriesMax ? Kept : _next + 1;
        Dropped++;
    }

    private int Last => _count < EntriesMax ? _count - 1 : _next == Kept ? EntriesMax - 1 : _next - 1;
}
