using Airlock.Core;

namespace Airlock;

/// <summary>The counters of sessions that have ended, so that their clients can be told what is lost. Safe for concurrent use.</summary>
internal sealed class Tombstones(Clock clock, MemorySessionStoreOptions options)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Tombstone> _bySession = [];
    private readonly Queue<Tombstone> _order = new();

    /// <summary>Adds one; those that are too old, or too many, go.</summary>
    internal void Add(MemorySession session, SessionPositions positions)
    {
        lock (_lock)
        {
            var tombstone = new Tombstone(session.Id, session.Endpoint, session.Principal.Key, positions, clock.Now);
            _bySession[session.Id] = tombstone;
            _order.Enqueue(tombstone);
            var before = clock.Now - options.MemoryLifetime.Ticks;
            while (_order.TryPeek(out var oldest) && (oldest.At < before || _order.Count > options.TombstonesMax))
            {
                _bySession.Remove(_order.Dequeue().Session);
            }
        }
    }

    /// <returns>The counters; null if nothing is known, or the session was somebody else's or another endpoint's.</returns>
    internal SessionPositions? Find(string session, AttachRequest request)
    {
        lock (_lock)
        {
            return _bySession.TryGetValue(session, out var found) && found.User == request.Principal.Key && found.Endpoint == request.Endpoint
                && found.At >= clock.Now - options.MemoryLifetime.Ticks ? found.Positions : null;
        }
    }

    private sealed record Tombstone(string Session, string Endpoint, string User, SessionPositions Positions, long At);
}
