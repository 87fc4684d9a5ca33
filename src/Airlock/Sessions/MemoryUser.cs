using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Airlock.Core;

namespace Airlock;

/// <summary>What the memory store keeps for one user at one endpoint: live sessions, and which message ids were claimed by whom.</summary>
/// <remarks>Its lock is taken inside a session's lock, never around one.</remarks>
internal sealed class MemoryUser(MemorySessionStore store, string key)
{
    private static readonly Dictionary<string, Claimed> _none = [];
    private readonly Lock _lock = new();
    private readonly List<MemorySession> _sessions = [];
    // Made for the first message: most users of an idle process have sent none.
    private Dictionary<string, Claimed> _claims = _none;
    private Queue<(string Id, Claimed Claim)>? _claimOrder;
    private long _idleSince = long.MaxValue;

    /// <summary>Whether the store let go of it; a new session needs a new one.</summary>
    private bool _isForgotten;

    internal MemorySessionStore Store => store;

    internal string Key => key;

    internal IReadOnlyList<MemorySession> Sessions
    {
        get
        {
            lock (_lock)
            {
                return [.. _sessions];
            }
        }
    }

    /// <summary>Adds a session unless the limit is reached, or the store let go of the user.</summary>
    internal bool TryAdd(MemorySession session, int max)
    {
        lock (_lock)
        {
            if (_isForgotten || _sessions.Count >= max)
            {
                return false;
            }

            _sessions.Add(session);
            _idleSince = long.MaxValue;
            return true;
        }
    }

    internal void Remove(MemorySession session, SessionPositions positions)
    {
        var since = long.MaxValue;
        lock (_lock)
        {
            _sessions.Remove(session);
            if (_sessions.Count == 0)
            {
                since = _idleSince = store.Clock.Now;
            }
        }

        if (since != long.MaxValue)
        {
            store.NoteIdle(this, session.Endpoint, since);
        }

        store.Bury(session, positions);
    }

    /// <summary>Lets go of the user if it has been idle since that instant.</summary>
    internal bool TryForget(long idleSince)
    {
        lock (_lock)
        {
            return _isForgotten |= _idleSince == idleSince;
        }
    }

    /// <summary>Claims a message id for a session's message.</summary>
    /// <returns>Null if the message is to be handled; else the status of the one that has the id: <c>done</c> or <c>pending</c>.</returns>
    internal string? Claim(string id, MemorySession session, long sequence)
    {
        lock (_lock)
        {
            var now = store.Clock.Now;
            Forget(now - store.Options.MemoryLifetime.Ticks);
            if (_claims.TryGetValue(id, out var claim) && !(claim.Session == session.Number && claim.Sequence == sequence))
            {
                if (claim.IsDone)
                {
                    return "done";
                }

                // A claim of a session that ended without finishing passes on. The other session's own lock is not needed: it never comes back from the end.
                if (_sessions.Exists(live => live.Number == claim.Session))
                {
                    return "pending";
                }
            }

            var mine = new Claimed(session.Number, sequence, now);
            if (_claimOrder is null)
            {
                (_claims, _claimOrder) = ([], new());
            }

            _claims[id] = mine;
            _claimOrder.Enqueue((id, mine));
            return null;
        }
    }

    internal void Finish(string id)
    {
        lock (_lock)
        {
            ref var claim = ref CollectionsMarshal.GetValueRefOrNullRef(_claims, id);
            if (!Unsafe.IsNullRef(ref claim))
            {
                claim.IsDone = true;
            }
        }
    }

    internal void Unclaim(string id)
    {
        lock (_lock)
        {
            _claims.Remove(id);
        }
    }

    private void Forget(long before)
    {
        while (_claimOrder is not null && _claimOrder.TryPeek(out var oldest) && (oldest.Claim.At < before || _claimOrder.Count >= store.Options.IdsPerUserMax))
        {
            _claimOrder.Dequeue();
            if (_claims.TryGetValue(oldest.Id, out var current) && current.Session == oldest.Claim.Session && current.Sequence == oldest.Claim.Sequence && current.At == oldest.Claim.At)
            {
                _claims.Remove(oldest.Id);
            }
        }
    }

    /// <summary>Names the session and does not hold it: what an ended one could not deliver would stay as long as its ids. A value: a user has thousands.</summary>
    private struct Claimed(long session, long sequence, long at)
    {
        internal readonly long Session => session;

        internal readonly long Sequence => sequence;

        internal readonly long At => at;

        internal bool IsDone { get; set; }
    }
}
