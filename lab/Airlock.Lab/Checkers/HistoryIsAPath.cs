using Airlock.Lab.Subjects;
using Airlock.Lab.Traces;

namespace Airlock.Lab.Checkers;

/// <summary>What a connection lived through is a way through the table, and nobody asks for a step that is not in it.</summary>
public sealed class HistoryIsAPath : Checker
{
    /// <inheritdoc/>
    public override string Name => "history-is-a-path";

    /// <inheritdoc/>
    public override string Property => "The states of a connection, over all its machines, are a path of the transition table, and no illegal step is asked for.";

    /// <inheritdoc/>
    public override string? Check(Trace trace)
    {
        var states = new Dictionary<string, string>();
        foreach (ref readonly var e in trace.Span)
        {
            switch (e.Kind)
            {
                case TraceKind.MachineMade:
                    if (states.TryGetValue(e.Connection, out var before) ? before != e.To : e.To != States.Connecting)
                    {
                        return $"At step {e.Step} connection {e.Connection} begins again in {e.To} under {e.Name}; it was in {before ?? "no state"}.";
                    }

                    states[e.Connection] = e.To!;
                    break;
                case TraceKind.Moved:
                    if (!states.TryGetValue(e.Connection, out var now) || now != e.From)
                    {
                        return $"At step {e.Step} connection {e.Connection} is said to leave {e.From}, but it is in {now ?? "no state"}.";
                    }

                    if (!IsEdge(e.From!, e.To!))
                    {
                        return $"At step {e.Step} connection {e.Connection} goes {e.From} -> {e.To}, which is no step of the table.";
                    }

                    states[e.Connection] = e.To!;
                    break;
                case TraceKind.MoveRefused:
                    return $"At step {e.Step} {e.Name} of connection {e.Connection} is asked to go {e.From} -> {e.To}, which is no step of the table.";
            }
        }

        return null;
    }

    /// <summary>Whether one state may follow another: the start without a skip, then work, and the way out from anywhere.</summary>
    internal static bool IsEdge(string from, string to) => (from, to) switch
    {
        (States.Closed or States.Failed, _) => false,
        (_, States.Closed or States.Failed) => true,
        (States.Closing, _) => false,
        (States.Connecting, States.Accepted) => true,
        (States.Connecting, _) => false,
        (_, States.Closing) => true,
        (States.Accepted, States.Authenticated) => true,
        (States.Authenticated, States.ServicesReady) => true,
        (States.ServicesReady, States.ProcessingReady) => true,
        (States.ProcessingReady, States.Degraded or States.Draining) => true,
        (States.Degraded, States.ProcessingReady or States.Draining) => true,
        _ => false,
    };
}
