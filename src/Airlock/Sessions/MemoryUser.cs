using Airlock.Core;

namespace Airlock;

/// <summary>What the memory store keeps for one user at one endpoint: live sessions, and which message ids were claimed by whom.</summary>
/// <remarks>Its lock is taken inside a session's lock, never around one.</remarks>
internal sealed class MemoryUser(MemorySessionStore store, string key)
{
    private readonly Lock _lock = new();
    private readonly List<MemorySession> _sessions = [];
    private ClaimedIds? _claims;
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
        lock (_lock)
        {
            _sessions.Remove(session);
        }

        NoteIdle(session.Endpoint);
        store.Bury(session, positions);
    }

    /// <summary>Notes since when the user has no session, if it has none: also one that was refused its first, or nobody would ever let go of it.</summary>
    internal void NoteIdle(string endpoint)
    {
        long since;
        lock (_lock)
        {
            if (_sessions.Count > 0 || _idleSince != long.MaxValue)
            {
                return;
            }

            since = _idleSince = store.Clock.Now;
        }

        store.NoteIdle(this, endpoint, since);
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
    /// <param name="id">The id.</param>
    /// <param name="session">The session.</param>
    /// <param name="sequence">The message's number.</param>
    /// <param name="claim">The claim, for <see cref="Finish"/> and <see cref="GiveUp"/>.</param>
    /// <returns>Null if the message is to be handled; else the status of the one that has the id: <c>done</c> or <c>pending</c>.</returns>
    internal string? Claim(string id, MemorySession session, long sequence, out long claim)
    {
        lock (_lock)
        {
            // Made for the first message: most users of an idle process have sent none.
            _claims ??= new ClaimedIds(store.Options.IdsPerUserMax, store.HashSeed);
            var now = store.Clock.Now;
            _claims.Forget(now - store.Options.MemoryLifetime.Ticks);
            var key = _claims.KeyOf(id);
            if (_claims.TryFind(key, out var theirs) && !(theirs.Session == session.Number && theirs.Sequence == sequence))
            {
                claim = 0;
                if (theirs.IsDone)
                {
                    return "done";
                }

                // A claim of a session that ended without finishing passes on. The other session's own lock is not needed: it never comes back from the end.
                if (_sessions.Exists(live => live.Number == theirs.Session))
                {
                    return "pending";
                }
            }

            claim = _claims.Add(key, session.Number, sequence, now);
            return null;
        }
    }

    internal void Finish(long claim)
    {
        lock (_lock)
        {
            _claims!.Finish(claim);
        }
    }

    internal void GiveUp(long claim)
    {
        lock (_lock)
        {
            _claims!.GiveUp(claim);
        }
    }
}
