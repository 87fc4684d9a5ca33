using Airlock.Lab.Traces;

namespace Airlock.Lab.Checkers;

/// <summary>One authority for each connection, under one id.</summary>
public sealed class OneMachinePerConnection : Checker
{
    /// <inheritdoc/>
    public override string Name => "one-machine";

    /// <inheritdoc/>
    public override string Property => "A connection has one state machine and one id, from before its accept to its end.";

    /// <inheritdoc/>
    public override string? Check(Trace trace)
    {
        var machines = new Dictionary<string, string>();
        var owners = new Dictionary<string, string>();
        foreach (ref readonly var e in trace.Span)
        {
            switch (e.Kind)
            {
                case TraceKind.MachineMade:
                    if (!machines.TryAdd(e.Connection, e.Name!))
                    {
                        return $"Connection {e.Connection} has machine {machines[e.Connection]}, and at step {e.Step} gets another one, {e.Name}.";
                    }

                    if (!owners.TryAdd(e.Name!, e.Connection))
                    {
                        return $"At step {e.Step} connection {e.Connection} gets the id {e.Name}, which connection {owners[e.Name!]} has.";
                    }

                    break;
                case TraceKind.Moved or TraceKind.MoveRefused or TraceKind.Registered or TraceKind.ReadyAnnounced:
                    // A subject need not enter a connection before it makes the machine, or tell the client an id.
                    if (e.Name is not null && machines.TryGetValue(e.Connection, out var machine) ? machine != e.Name : e.Kind is TraceKind.Moved or TraceKind.MoveRefused)
                    {
                        return $"At step {e.Step} connection {e.Connection} is known as {e.Name}, but its machine is {machines.GetValueOrDefault(e.Connection) ?? "nowhere"}.";
                    }

                    break;
            }
        }

        return null;
    }
}
