namespace Airlock.Lab.Tests.Contests;

/// <summary>Faults at the locks of what the connections of a process share.</summary>
internal static class ServerFaults
{
    public static IReadOnlyList<LockFault> All { get; } =
    [
        new(
            LockFaultKind.CheckThenAct,
            "limit-in-two",
            "Airlock/Connections/ConnectionLimit.cs",
            """
                                return false;
                            }

                            _counts[key] = count + 1;
                """,
            """
                                return false;
                            }
                        }

                        lock (_lock)
                        {
                            _counts[key] = _counts.GetValueOrDefault(key) + 1;
                """,
            "More come in than may: each was counted after all had looked.",
            "counted-connections"),
        new(
            LockFaultKind.CheckThenAct,
            "places-in-two",
            "Airlock/Turns/TurnPlaces.cs",
            """
                                return false;
                            }

                            _taken++;
                            return true;
                """,
            """
                                return false;
                            }
                        }

                        lock (_lock)
                        {
                            _taken++;
                            return true;
                """,
            "More turns are under way than may be: each took a place after all had looked.",
            "places-for-turns"),
        new(
            LockFaultKind.CheckThenAct,
            "alarm-set-in-two",
            "Airlock/Platform/DeadlineQueue.cs",
            """
                                    return;
                                }

                                Due = due;
                """,
            """
                                    return;
                                }
                            }

                            lock (queue._lock)
                            {
                                Due = due;
                """,
            "An alarm is set that was retired between the look and the setting.",
            "alarm-retired"),
        new(
            LockFaultKind.CheckThenAct,
            "alarm-retired-in-two",
            "Airlock/Platform/DeadlineQueue.cs",
            """
                                    return;
                                }

                                Due = long.MaxValue;
                                Action = null;
                """,
            """
                                    return;
                                }
                            }

                            lock (queue._lock)
                            {
                                Due = long.MaxValue;
                                Action = null;
                """,
            "An alarm that two retire is counted twice.",
            "alarm-retired"),
        new(
            LockFaultKind.CheckThenAct,
            "drained-in-two",
            "Airlock/Drain.cs",
            """
                        lock (_lock)
                        {
                            var by = platform.Clock.Now + budget.Ticks;
                            var plan = _plan is { } earlier && earlier.By <= by ? earlier : new Plan(by, retryAfter, spread);
                """,
            """
                        Plan plan;
                        lock (_lock)
                        {
                            var by = platform.Clock.Now + budget.Ticks;
                            plan = _plan is { } earlier && earlier.By <= by ? earlier : new Plan(by, retryAfter, spread);
                        }

                        lock (_lock)
                        {
                """,
            "A later drain takes the place of an earlier one that began between the look and the change.",
            "earlier-drain"),
        new(
            LockFaultKind.LookedAtOutside,
            "gate-asked-outside",
            "Airlock/Gates/GateBoard.cs",
            """
                            lock (_lock)
                            {
                                if (Status.RequiredOpen)
                                {
                                    return;
                                }

                                _waiting.Add(changed);
                """,
            """
                            if (Status.RequiredOpen)
                            {
                                return;
                            }

                            lock (_lock)
                            {
                                _waiting.Add(changed);
                """,
            "A turn waits for a gate that opened between the look and the wait.",
            "gates-open"),
        new(
            LockFaultKind.LookedAtOutside,
            "gates-read-outside",
            "Airlock/Gates/GateBoard.cs",
            """
                        lock (_lock)
                        {
                            var gates = Gates;
                """,
            """
                        var gates = Gates;
                        lock (_lock)
                        {
                """,
            "A report undoes one that came between the look and the change.",
            "gates-open"),
        new(
            LockFaultKind.LookedAtOutside,
            "place-asked-in-two",
            "Airlock/Turns/TurnPlaces.cs",
            """
                                _taken++;
                                return;
                            }

                            var line = 
                """,
            """
                                _taken++;
                                return;
                            }
                        }

                        lock (_lock)
                        {
                            var line = 
                """,
            "A turn waits for a place that was given back between the look and the wait.",
            "places-for-turns"),
        new(
            LockFaultKind.LookedAtOutside,
            "alarm-looked-for-outside",
            "Airlock/Platform/DeadlineQueue.cs",
            """
                            lock (queue._lock)
                            {
                                if (Action is null)
                                {
                                    return;
                                }

                                Due = due;
                                if (due < QueuedFor)
                """,
            """
                            var isEarlier = due < QueuedFor;
                            lock (queue._lock)
                            {
                                if (Action is null)
                                {
                                    return;
                                }

                                Due = due;
                                if (isEarlier)
                """,
            "An alarm has no place: the one that it had came up between the look and the setting.",
            "alarm-set-anew"),
        new(
            LockFaultKind.LookedUpThenTaken,
            "limit-left-in-two",
            "Airlock/Connections/ConnectionLimit.cs",
            """
                        lock (_lock)
                        {
                            var count = _counts[key] - 1;
                """,
            """
                        int count;
                        lock (_lock)
                        {
                            count = _counts[key] - 1;
                        }

                        lock (_lock)
                        {
                """,
            "Of two that leave one is counted still, or who came between the look and the removal is not.",
            "counted-connections"),
        new(
            LockFaultKind.LookedUpThenTaken,
            "waiters-taken-in-two",
            "Airlock/Gates/GateBoard.cs",
            """
                            waiting = [.. _waiting];
                            _waiting.Clear();
                """,
            """
                            waiting = [.. _waiting];
                        }

                        lock (_lock)
                        {
                            _waiting.Clear();
                """,
            "Who began to wait between the look and the removal is taken off the list and told nothing.",
            "gates-open"),
        new(
            LockFaultKind.LookedUpThenTaken,
            "place-handed-in-two",
            "Airlock/Turns/TurnPlaces.cs",
            """
                            if (_lines.First is not { } line)
                            {
                                _taken--;
                                return null;
                            }
                """,
            """
                            if (_lines.First is null)
                            {
                                _taken--;
                                return null;
                            }
                        }

                        lock (_lock)
                        {
                            var line = _lines.First;
                """,
            "A place is handed to somebody who gave up between the look and the removal.",
            "place-given-up"),
    ];
}
