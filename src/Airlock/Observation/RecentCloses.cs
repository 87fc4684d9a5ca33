using System.Collections.Immutable;

namespace Airlock;

/// <summary>How many connections came and went, and how the latest ended. Safe for concurrent use.</summary>
internal sealed class RecentCloses(Clock clock)
{
    /// <summary>How many are remembered.</summary>
    internal const int Max = 256;

    private readonly ConnectionReport?[] _closes = new ConnectionReport?[Max];
    private long _opened;
    private long _closed;
    private long _remembered;

    internal long OpenedCount => Interlocked.Read(ref _opened);

    internal long ClosedCount => Interlocked.Read(ref _closed);

    /// <summary>The latest, the newest first.</summary>
    internal ImmutableArray<ConnectionReport> All => [.. _closes.OfType<ConnectionReport>().OrderByDescending(static c => c.Since)];

    internal ConnectionReport? Find(string id) => Array.Find(_closes, c => c?.Id == id);

    /// <summary>Counts a new connection.</summary>
    /// <returns>Its number, from 1, and now.</returns>
    internal (long Number, TimeSpan At) NoteOpened() => (Interlocked.Increment(ref _opened), TimeSpan.FromTicks(clock.Now));

    /// <summary>Counts an end, and remembers it in place of the one that has been remembered longest.</summary>
    /// <param name="report">How the connection ended; null for one that was no client's and is not remembered.</param>
    internal void NoteClosed(ConnectionReport? report)
    {
        Interlocked.Increment(ref _closed);
        if (report is not null)
        {
            Volatile.Write(ref _closes[(Interlocked.Increment(ref _remembered) - 1) % Max], report);
        }
    }
}
