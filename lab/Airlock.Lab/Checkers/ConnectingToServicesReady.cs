using Airlock.Lab.Subjects;
using Airlock.Lab.Traces;

namespace Airlock.Lab.Checkers;

/// <summary>The post-mortem's headline: nobody takes a connection that was just made for one that has been accepted and whose user is known.</summary>
public sealed class ConnectingToServicesReady : Checker
{
    /// <inheritdoc/>
    public override string Name => "connecting-to-services-ready";

    /// <inheritdoc/>
    public override string Property => "No connection goes from CONNECTING to SERVICES_READY, and none is asked to.";

    /// <inheritdoc/>
    public override string? Check(Trace trace)
    {
        foreach (ref readonly var e in trace.Span)
        {
            if (e is { Kind: TraceKind.Moved or TraceKind.MoveRefused, From: States.Connecting, To: States.ServicesReady })
            {
                return $"At step {e.Step} {e.Name} of connection {e.Connection} {(e.Kind == TraceKind.Moved ? "goes" : "is asked to go")} {e.From} -> {e.To}: as far as it knows, nobody has accepted it or knows its user.";
            }
        }

        return null;
    }
}
