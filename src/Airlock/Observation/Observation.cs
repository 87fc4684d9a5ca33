using System.Collections.Immutable;
using Airlock.Core;

namespace Airlock;

/// <summary>What there is to see of a server, for people: connections, sessions and recent closes. Reading walks what is there; nothing is kept up to date for it. Safe for concurrent use.</summary>
public sealed class Observation
{
    /// <summary>How many of the latest closes are remembered.</summary>
    public const int RecentClosesMax = 256;

    private readonly AirlockServer _server;
    private readonly ConnectionReport?[] _closes = new ConnectionReport?[RecentClosesMax];
    private long _opened;
    private long _closed;
    private long _remembered;

    internal Observation(AirlockServer server) => _server = server;

    /// <summary>Now, on the clock of <see cref="ConnectionReport"/> and <see cref="FlightEntry.At"/>: time since the server was made.</summary>
    public TimeSpan Now => TimeSpan.FromTicks(_server.Platform.Clock.Now);

    /// <summary>How many connections there ever were.</summary>
    public long OpenedCount => Interlocked.Read(ref _opened);

    /// <summary>How many of them have ended.</summary>
    public long ClosedCount => Interlocked.Read(ref _closed);

    /// <summary>How many turns wait because as many are under way as may be; 0 where their number is not limited.</summary>
    public int WaitingTurns => _server.TurnPlaces?.Waiting ?? 0;

    /// <summary>Every connection, in no order. One that comes or goes meanwhile may be among them.</summary>
    public IEnumerable<ObservedConnection> Connections
    {
        get
        {
            foreach (var (_, connection) in _server.Index)
            {
                yield return new ObservedConnection(connection);
            }
        }
    }

    /// <summary>Every session, in no order; null if the store cannot list them. What is remembered of sessions is up to the store: <see cref="MemorySessionStore"/> can.</summary>
    public IEnumerable<SessionReport>? Sessions => (_server.Store as MemorySessionStore)?.Report();

    /// <summary>One connection: a live one, or one of the <see cref="RecentCloses"/>.</summary>
    /// <param name="connection">Its id.</param>
    /// <returns>What is known of it; null if there is none of that id.</returns>
    public ConnectionReport? Report(string connection) =>
        _server.Find(connection)?.Report() ?? Array.Find(_closes, c => c?.Id == connection);

    /// <summary>The latest closes, the newest first; at most <see cref="RecentClosesMax"/>.</summary>
    public ImmutableArray<ConnectionReport> RecentCloses() => [.. _closes.OfType<ConnectionReport>().OrderByDescending(static c => c.Since)];

    /// <summary>Counts a new connection.</summary>
    /// <returns>Its number, from 1.</returns>
    internal long NoteOpened() => Interlocked.Increment(ref _opened);

    /// <summary>Counts an end, and remembers it in place of the one that has been remembered longest.</summary>
    /// <param name="report">How the connection ended; null for one that was no client's and is not remembered.</param>
    internal void NoteClosed(ConnectionReport? report)
    {
        Interlocked.Increment(ref _closed);
        if (report is not null)
        {
            Volatile.Write(ref _closes[(Interlocked.Increment(ref _remembered) - 1) % RecentClosesMax], report);
        }
    }
}
