using Airlock.Lab.Subjects;
using Airlock.Lab.Traces;

namespace Airlock.Lab.Checkers;

/// <summary>What begins ends, under the name that it began with.</summary>
public sealed class EverythingEnds : Checker
{
    /// <inheritdoc/>
    public override string Name => "everything-ends";

    /// <inheritdoc/>
    public override string Property => "Every connection that is registered is unregistered once under the same id, every machine ends in CLOSED or FAILED, and nothing is left over.";

    /// <inheritdoc/>
    public override string? Check(Trace trace)
    {
        var registered = new Dictionary<string, string>();
        var machines = new Dictionary<string, string>();
        var ended = new HashSet<string>();
        foreach (ref readonly var e in trace.Span)
        {
            switch (e.Kind)
            {
                case TraceKind.Registered:
                    if (!registered.TryAdd(e.Name!, e.Connection))
                    {
                        return $"At step {e.Step} connection {e.Connection} is registered as {e.Name}, as connection {registered[e.Name!]} is.";
                    }

                    break;
                case TraceKind.Unregistered:
                    if (!registered.Remove(e.Name!, out var connection) || connection != e.Connection)
                    {
                        return $"At step {e.Step} connection {e.Connection} is unregistered as {e.Name}, but {(connection is null ? "nobody is registered so" : $"that is connection {connection}")}.";
                    }

                    break;
                case TraceKind.MachineMade or TraceKind.Moved:
                    machines[e.Name!] = e.To!;
                    break;
                case TraceKind.Ended:
                    if (!ended.Add(e.Connection))
                    {
                        return $"At step {e.Step} connection {e.Connection} ends for the second time.";
                    }

                    break;
                case TraceKind.LeftOver:
                    return $"At the end a {e.Name} is left over: {e.To}.";
            }
        }

        foreach (var (id, connection) in registered)
        {
            return $"Connection {connection} is never unregistered as {id}.";
        }

        foreach (var (id, state) in machines)
        {
            if (!States.IsTerminal(state))
            {
                return $"The machine {id} ends in {state}.";
            }
        }

        return null;
    }
}
