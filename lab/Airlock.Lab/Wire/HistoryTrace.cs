using Airlock.Lab.Checkers;
using Airlock.Lab.Subjects;
using Airlock.Lab.Traces;

namespace Airlock.Lab.Wire;

/// <summary>Makes a trace of a history, so that the checkers of the simulation judge what happened on the wire.</summary>
internal static class HistoryTrace
{
    // What only a server can tell: its machines, its index, its log.
    private static readonly HashSet<string> _needTheServer = ["one-machine", "history-is-a-path", "connecting-to-services-ready", "ready-after-transition", "nothing-before-ready", "transport-use", "everything-ends", "no-errors"];

    /// <summary>The properties that a history can be held to: all, or those that its clients alone bear witness to.</summary>
    /// <param name="hasServerLog">Whether the servers' own log is in it.</param>
    public static IEnumerable<Checker> CheckersFor(bool hasServerLog) =>
        AllCheckers.List.Where(checker => hasServerLog || !_needTheServer.Contains(checker.Name)).Append(new Expectation());

    /// <summary>Makes the trace.</summary>
    /// <param name="entries">The history, in order.</param>
    public static Trace Of(IReadOnlyList<HistoryEntry> entries)
    {
        var start = entries.Count > 0 ? entries[0].At : default;
        var ready = entries.Where(static e => e is { What: "ready", Connection: not null }).ToLookup(static e => e.Process);
        var known = new HashSet<string>();
        var events = new List<TraceEvent>();
        foreach (var e in entries)
        {
            foreach (var made in Convert(e, known, ready))
            {
                events.Add(made with { Step = events.Count + 1, At = e.At - start, Actor = e.Process });
            }
        }

        return new Trace(events);
    }

    private static IEnumerable<TraceEvent> Convert(HistoryEntry e, HashSet<string> known, ILookup<string, HistoryEntry> ready)
    {
        var connection = e.Connection ?? "";
        switch (e.What, e.Type)
        {
            case ("move", _):
                if (known.Add(connection))
                {
                    yield return new TraceEvent(TraceKind.Registered, connection) { Name = connection };
                    yield return new TraceEvent(TraceKind.MachineMade, connection) { Name = connection, To = States.Connecting };
                }

                if (e.From == States.Connecting && e.To == States.Accepted)
                {
                    yield return new TraceEvent(TraceKind.UpgradeAccepted, connection);
                }

                if (e.From != e.To)
                {
                    yield return new TraceEvent(TraceKind.Moved, connection) { Name = connection, From = e.From, To = e.To };
                }

                break;
            case ("end", _):
                yield return new TraceEvent(TraceKind.Ended, connection) { Name = e.Cause, Number = e.Code ?? 0 };
                yield return new TraceEvent(TraceKind.Unregistered, connection) { Name = connection };
                break;
            case ("log", _):
                yield return new TraceEvent(TraceKind.Logged, connection) { Name = e.From, From = e.Number is 5 or 6 ? "bug" : null, To = e.Cause };
                break;
            case ("dial", "ok"):
                yield return new TraceEvent(TraceKind.Dialed, connection) { Name = e.User };
                break;
            case ("ready", _):
                yield return new TraceEvent(TraceKind.ClientReady, connection);
                break;
            case ("send", "invoke"):
                yield return new TraceEvent(TraceKind.ClientSent, connection) { Name = e.Id, From = e.Process, To = e.User };
                break;
            case ("send", "ok"):
                // Who answers has handled it; on which connection only the client can tell.
                var on = ready[e.Process].LastOrDefault(r => r.At <= e.At)?.Connection ?? ready[e.Process].FirstOrDefault()?.Connection ?? connection;
                yield return new TraceEvent(TraceKind.HandlingBegan, on) { Name = e.Id, From = e.User, To = e.Session ?? e.Process, Number = e.Number ?? 0 };
                yield return new TraceEvent(TraceKind.HandlingEnded, on) { Name = e.Id, From = e.User, To = e.Session ?? e.Process };
                yield return new TraceEvent(TraceKind.ClientAnswered, on) { Name = e.Id, From = e.Process, To = e.User };
                break;
            case ("send", "fail"):
                yield return new TraceEvent(TraceKind.ClientRefused, connection) { Name = e.Id, From = e.Process, To = e.Cause };
                break;
            case ("get", _):
                yield return new TraceEvent(TraceKind.ClientGot, connection) { Name = e.Cause, From = e.Process, To = e.Session, Number = e.Number ?? 0 };
                break;
            case ("lost", _):
                yield return new TraceEvent(TraceKind.ClientGot, connection) { Name = "lost", From = e.Process, To = e.Cause };
                break;
            case ("leave", "invoke"):
                yield return new TraceEvent(TraceKind.ClientLeft, connection) { Name = e.Cause, From = e.Process };
                break;
            case ("close", _):
                if (e.Told == true)
                {
                    yield return new TraceEvent(TraceKind.ServerClosed, connection) { Name = e.Cause, Number = e.Code ?? 0 };
                }

                yield return new TraceEvent(TraceKind.ClientClosed, connection) { Name = e.Cause, Number = e.Code ?? 0 };
                break;
            case ("expect", "fail"):
                yield return new TraceEvent(TraceKind.Missed, connection) { Name = e.Cause };
                break;
            case ("fault", _):
                yield return new TraceEvent(TraceKind.Fault, connection) { Name = e.Cause };
                break;
        }
    }
}
