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
        foreach (var made in trace.Of(TraceKind.MachineMade))
        {
            if (!machines.TryAdd(made.Connection, made.Name!))
            {
                return $"Connection {made.Connection} has machine {machines[made.Connection]}, and at step {made.Step} gets another one, {made.Name}.";
            }

            if (!owners.TryAdd(made.Name!, made.Connection))
            {
                return $"At step {made.Step} connection {made.Connection} gets the id {made.Name}, which connection {owners[made.Name!]} has.";
            }
        }

        foreach (var e in trace.Events)
        {
            if (e.Kind is TraceKind.Moved or TraceKind.MoveRefused or TraceKind.ReadyAnnounced && e.Name is not null && machines.GetValueOrDefault(e.Connection) != e.Name)
            {
                return $"At step {e.Step} connection {e.Connection} is known as {e.Name}, but its machine is {machines.GetValueOrDefault(e.Connection) ?? "nowhere"}.";
            }
        }

        return null;
    }
}
