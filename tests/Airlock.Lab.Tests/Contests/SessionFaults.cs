namespace Airlock.Lab.Tests.Contests;

/// <summary>Faults at the locks of a session and of its turns.</summary>
internal static class SessionFaults
{
    public static IReadOnlyList<LockFault> All { get; } =
    [
        new(
            LockFaultKind.CheckThenAct,
            "lease-taken-in-two",
            "Airlock/Sessions/MemorySession.Turns.cs",
            """
                            var isFree = !_leased && _core.State != SessionState.Ended;
                            _leased |= isFree;
                            return new(isFree);
                """,
            """
                            if (_leased || _core.State == SessionState.Ended)
                            {
                                return new(false);
                            }
                        }

                        lock (_lock)
                        {
                            _leased = true;
                            return new(true);
                """,
            "Two processors serve one session: each found it free before the other took it.",
            "one-processor"),
        new(
            LockFaultKind.CheckThenAct,
            "ended-in-two",
            "Airlock/Sessions/MemorySession.cs",
            """
                                return;
                            }

                            _core.End();
                """,
            """
                                return;
                            }
                        }

                        lock (_lock)
                        {
                            _core.End();
                """,
            "A session ends though its client came back between the look and the end.",
            "back-in-time"),
        new(
            LockFaultKind.CheckThenAct,
            "attached-to-ended",
            "Airlock/Sessions/MemorySession.Attaching.cs",
            """
                                return null;
                            }

                            var (generation, connection)
                """,
            """
                                return null;
                            }
                        }

                        lock (_lock)
                        {
                            var (generation, connection)
                """,
            "A connection is attached to a session that ended between the look and the attach.",
            "back-in-time"),
        new(
            LockFaultKind.CheckThenAct,
            "detached-in-two",
            "Airlock/Sessions/MemorySession.Attaching.cs",
            """
                            if (_core.Detach(generation))
                            {
                                _observer = null;
                """,
            """
                            if (!_core.Detach(generation))
                            {
                                return ValueTask.CompletedTask;
                            }
                        }

                        lock (_lock)
                        {
                            {
                                _observer = null;
                """,
            "What a connection leaves behind is put down for the one that came meanwhile.",
            "old-connection-leaves"),
        new(
            LockFaultKind.LookedAtOutside,
            "room-asked-in-two",
            "Airlock/Sessions/MemorySession.Turns.cs",
            """
                                return;
                            }

                            (_waitForRoom ??= []).Add(room);
                """,
            """
                                return;
                            }
                        }

                        lock (_lock)
                        {
                            (_waitForRoom ??= []).Add(room);
                """,
            "A turn waits for room that came between the look and the wait.",
            "room-for-one"),
        new(
            LockFaultKind.LookedAtOutside,
            "lease-kept-in-two",
            "Airlock/Sessions/MemorySession.Turns.cs",
            """
                            _leased = !always && _core.State != SessionState.Ended && _core.Inbox.Next is not null;
                            return new(!_leased);
                """,
            """
                            always |= _core.State == SessionState.Ended || _core.Inbox.Next is null;
                        }

                        lock (_lock)
                        {
                            _leased = !always;
                            return new(!_leased);
                """,
            "A processor rests though a message was stored between its last look and its rest.",
            "one-processor"),
        new(
            LockFaultKind.LookedAtOutside,
            "waiting-turn-looked-for-outside",
            "Airlock/Sessions/MemorySession.cs",
            """
                        lock (_lock)
                        {
                            verdict = _core.Append(generation, sequence, id, payload, traceParent);
                            // Whoever ends a session tells its connection why; that it is fenced is not the reason.
                            verdict = verdict == AppendVerdict.Fenced && _core.State == SessionState.Ended ? AppendVerdict.Ended : verdict;
                            isAnnounced = _turnWaits &&
                """,
            """
                        var turnWaits = _turnWaits;
                        lock (_lock)
                        {
                            verdict = _core.Append(generation, sequence, id, payload, traceParent);
                            isAnnounced = turnWaits &&
                """,
            "A client is not told that its message is stored, since the turn began to wait between the look and the message.",
            "stored-is-told"),
        new(
            LockFaultKind.LookedAtOutside,
            "stop-asked-outside",
            "Airlock/Sessions/MemorySession.Turns.cs",
            """
                                _stopLive = message.StopAsked ? null : stopAsked;
                            }

                            _turnWaits = false;
                            isFinished = _core.IsFinished;
                        }

                        if (refused)
                        {
                            Tell();
                        }

                        if (turn is { Message.StopAsked: true })
                """,
            """
                            }

                            _turnWaits = false;
                            isFinished = _core.IsFinished;
                        }

                        var isAsked = turn is { Message.StopAsked: true };
                        lock (_lock)
                        {
                            _stopLive = isAsked ? null : stopAsked;
                        }

                        if (refused)
                        {
                            Tell();
                        }

                        if (isAsked)
                """,
            "A try is not told of a wish to stop that came between the look and the listening.",
            "stop-heard"),
        new(
            LockFaultKind.LookedAtOutside,
            "try-begun-in-two",
            "Airlock/Turns/TurnLoop.cs",
            """
                            (_try, _stop) = (turn, stop);
                            Staged.Clear();
                            isAsked = ReferenceEquals(turn, _toStop) || Server.Stopping.IsCancellationRequested;
                """,
            """
                            isAsked = ReferenceEquals(turn, _toStop) || Server.Stopping.IsCancellationRequested;
                        }

                        lock (Lock)
                        {
                            (_try, _stop) = (turn, stop);
                            Staged.Clear();
                """,
            "A stop that comes while a try begins is heard by nobody.",
            "stop-before-the-run"),
        new(
            LockFaultKind.LookedAtOutside,
            "over-looked-at-outside",
            "Airlock/Turns/Turn.cs",
            """
                        lock (_run.Lock)
                        {
                            ThrowIfOver();
                            if (_stagedBytes
                """,
            """
                        ThrowIfOver();
                        lock (_run.Lock)
                        {
                            if (_stagedBytes
                """,
            "A turn stages something after all that is staged was handed over.",
            "staged-or-refused"),
    ];
}
