using Airlock.Lab.Traces;

namespace Airlock.Lab.Checkers;

/// <summary>A transport is used between its accept and its close, one send and one receive at a time.</summary>
public sealed class TransportUse : Checker
{
    /// <inheritdoc/>
    public override string Name => "transport-use";

    /// <inheritdoc/>
    public override string Property => "Nothing is sent before the upgrade is accepted or after the close, and the transport is never misused.";

    /// <inheritdoc/>
    public override string? Check(Trace trace)
    {
        var open = new Dictionary<string, bool>();
        foreach (ref readonly var e in trace.Span)
        {
            switch (e.Kind)
            {
                case TraceKind.TransportMisused:
                    return $"At step {e.Step} the transport of connection {e.Connection} is misused: {e.Name}.";
                case TraceKind.UpgradeAccepted or TraceKind.UpgradeRefused:
                    if (!open.TryAdd(e.Connection, e.Kind == TraceKind.UpgradeAccepted))
                    {
                        return $"At step {e.Step} the upgrade of connection {e.Connection} is answered for the second time.";
                    }

                    break;
                case TraceKind.Sent or TraceKind.Received or TraceKind.ServerClosed:
                    if (!open.TryGetValue(e.Connection, out var isOpen))
                    {
                        return $"At step {e.Step} connection {e.Connection} is used ({e.Kind}), but its upgrade is not accepted.";
                    }

                    // What the peer sent before it heard of the close may still be read.
                    if (!isOpen && e.Kind != TraceKind.Received)
                    {
                        return $"At step {e.Step} connection {e.Connection} is used ({e.Kind}) after its close.";
                    }

                    open[e.Connection] = isOpen && e.Kind != TraceKind.ServerClosed;
                    break;
            }
        }

        return null;
    }
}
