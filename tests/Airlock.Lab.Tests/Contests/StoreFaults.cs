namespace Airlock.Lab.Tests.Contests;

/// <summary>Faults at the locks of users, addresses, groups and of what is remembered of sessions that have ended.</summary>
internal static class StoreFaults
{
    public static IReadOnlyList<LockFault> All { get; } =
    [
        new(
            LockFaultKind.CheckThenAct,
            "claimed-in-two",
            "Airlock/Sessions/MemoryUser.cs",
            """
                            claim = _claims.Add(key, session.Number, sequence, now);
                """,
            """
                        }

                        lock (_lock)
                        {
                            claim = _claims.Add(_claims.KeyOf(id), session.Number, sequence, store.Clock.Now);
                """,
            "Two messages with one id are handled: each found it free before the other claimed it.",
            "one-id-one-turn"),
        new(
            LockFaultKind.CheckThenAct,
            "user-limit-in-two",
            "Airlock/Sessions/MemoryUser.cs",
            """
                                return false;
                            }

                            _sessions.Add(session);
                """,
            """
                                return false;
                            }
                        }

                        lock (_lock)
                        {
                            _sessions.Add(session);
                """,
            "A user has more sessions than may be: each was counted after all had looked.",
            "sessions-of-a-user"),
        new(
            LockFaultKind.CheckThenAct,
            "address-limit-in-two",
            "Airlock/Sessions/MemoryAddresses.cs",
            """
                                return false;
                            }

                            place.Count++;
                """,
            """
                                return false;
                            }
                        }

                        lock (_lock)
                        {
                            var place = _places[(endpoint, address)];
                            place.Count++;
                """,
            "An address has more sessions than may be: each was counted after all had looked.",
            "sessions-of-an-address"),
        new(
            LockFaultKind.LookedAtOutside,
            "forgotten-looked-for-outside",
            "Airlock/Sessions/MemoryUser.cs",
            """
                        lock (_lock)
                        {
                            if (_isForgotten ||
                """,
            """
                        var isForgotten = _isForgotten;
                        lock (_lock)
                        {
                            if (isForgotten ||
                """,
            "A session is added to a user whom the store has let go of meanwhile.",
            "user-comes-back"),
        new(
            LockFaultKind.LookedAtOutside,
            "group-looked-up-outside",
            "Airlock/Sessions/MemorySessionStore.cs",
            """
                        lock (_groupLock)
                        {
                            // Looked up inside the lock: a session that ends leaves its groups under the same lock, after it has left the dictionary.
                            if (!_sessions.TryGetValue(session, out var found))
                            {
                                return new(false);
                            }
                """,
            """
                        if (!_sessions.TryGetValue(session, out var found))
                        {
                            return new(false);
                        }

                        lock (_groupLock)
                        {
                """,
            "A session that has ended meanwhile joins a group, and nobody takes it out again.",
            "ended-leaves-its-groups"),
        new(
            LockFaultKind.LookedUpThenTaken,
            "group-joined-in-two",
            "Airlock/Sessions/MemorySessionStore.cs",
            """
                        lock (_groupLock)
                        {
                            // Looked up inside the lock: a session that ends leaves its groups under the same lock, after it has left the dictionary.
                            if (!_sessions.TryGetValue(session, out var found))
                            {
                                return new(false);
                            }

                            if (member)
                            {
                                if (!_groups.TryGetValue(group, out var members))
                                {
                """,
            """
                        HashSet<MemorySession> members;
                        lock (_groupLock)
                        {
                            _groups.TryGetValue(group, out members);
                        }

                        lock (_groupLock)
                        {
                            if (!_sessions.TryGetValue(session, out var found))
                            {
                                return new(false);
                            }

                            if (member)
                            {
                                if (members is null)
                                {
                """,
            "A session joins a group that was emptied, and taken away, after it was looked up.",
            "joins-a-group"),
        new(
            LockFaultKind.LookedUpThenTaken,
            "address-let-go-in-two",
            "Airlock/Sessions/MemoryAddresses.cs",
            """
                            lock (_lock)
                            {
                                var place = _places[(session.Endpoint, session.Address)];
                                session.DetachedNode.List?.Remove(session.DetachedNode);
                                place.Count--;
                                if (place.Count == 0)
                """,
            """
                            bool isEmpty;
                            lock (_lock)
                            {
                                var place = _places[(session.Endpoint, session.Address)];
                                session.DetachedNode.List?.Remove(session.DetachedNode);
                                isEmpty = --place.Count == 0;
                            }

                            lock (_lock)
                            {
                                if (isEmpty)
                """,
            "An address is let go of though a session came there between the look and the removal.",
            "address-comes-back"),
        new(
            LockFaultKind.LookedUpThenTaken,
            "user-let-go-in-two",
            "Airlock/Sessions/MemoryUser.cs",
            """
                        lock (_lock)
                        {
                            return _isForgotten |= _idleSince == idleSince;
                """,
            """
                        bool isIdle;
                        lock (_lock)
                        {
                            isIdle = _idleSince == idleSince;
                        }

                        lock (_lock)
                        {
                            return _isForgotten |= isIdle;
                """,
            "The store lets go of a user who came back between the look and the removal.",
            "user-comes-back"),
        new(
            LockFaultKind.LookedUpThenTaken,
            "tombstones-dropped-in-two",
            "Airlock/Sessions/Tombstones.cs",
            """
                            while (_order.TryPeek(out var oldest) && (oldest.At < before || _order.Count > options.TombstonesMax))
                            {
                                _bySession.Remove(_order.Dequeue().Session);
                            }
                """,
            """
                        }

                        bool isOne;
                        lock (_lock)
                        {
                            var before = clock.Now - options.MemoryLifetime.Ticks;
                            isOne = _order.TryPeek(out var oldest) && (oldest.At < before || _order.Count > options.TombstonesMax);
                        }

                        lock (_lock)
                        {
                            if (isOne)
                            {
                                _bySession.Remove(_order.Dequeue().Session);
                            }
                """,
            "Of two that make room both take something out, though one place was too many.",
            "last-word-kept"),
    ];
}
