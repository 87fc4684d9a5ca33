using System.Collections.Immutable;
using Airlock.Core;

namespace Airlock;

/// <summary>A read-only view of connections, sessions and recent closes, for diagnostics. What it shows is gathered when it is read; nothing is kept up to date for it. Safe for concurrent use.</summary>
public sealed class Observation
{
    /// <summary>How many of the latest closes are remembered.</summary>
    public const int RecentClosesMax = Airlock.RecentCloses.Max;

    private readonly ServerScope _server;
    private readonly ConnectionIndex<Connection> _connections;

    internal Observation(ServerScope server, ConnectionIndex<Connection> connections) => (_server, _connections) = (server, connections);

    /// <summary>Now, on the clock of <see cref="ConnectionReport"/> and <see cref="FlightEntry.At"/>: time since the server was made.</summary>
    public TimeSpan Now => TimeSpan.FromTicks(_server.Platform.Clock.Now);

    /// <summary>How many connections there ever were.</summary>
    public long OpenedCount => _server.Closes.OpenedCount;

    /// <summary>How many of them have ended.</summary>
    public long ClosedCount => _server.Closes.ClosedCount;

    /// <summary>How many turns wait because as many are under way as may be; 0 where their number is not limited.</summary>
    public int WaitingTurns => _server.TurnPlaces?.Waiting ?? 0;

    /// <summary>Every connection, in no order. One that comes or goes meanwhile may be among them.</summary>
    public IEnumerable<ObservedConnection> Connections
    {
        get
        {
            foreach (var connection in _connections.All)
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
        _connections.Find(connection)?.Report() ?? _server.Closes.Find(connection);

    /// <summary>The latest closes, the newest first; at most <see cref="RecentClosesMax"/>.</summary>
    public ImmutableArray<ConnectionReport> RecentCloses() => _server.Closes.All;
}
