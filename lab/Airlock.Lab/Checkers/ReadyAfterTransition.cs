using Airlock.Lab.Subjects;
using Airlock.Lab.Traces;

namespace Airlock.Lab.Checkers;

/// <summary>Ready is announced by the transition, not by hope.</summary>
public sealed class ReadyAfterTransition : Checker
{
    /// <inheritdoc/>
    public override string Name => "ready-after-transition";

    /// <inheritdoc/>
    public override string Property => "A client is told that it is ready only after its connection has entered PROCESSING_READY.";

    /// <inheritdoc/>
    public override string? Check(Trace trace)
    {
        var ready = new HashSet<string>();
        foreach (ref readonly var e in trace.Span)
        {
            if (e.Kind == TraceKind.Moved && e.To == States.ProcessingReady)
            {
                ready.Add(e.Connection);
            }
            else if (e.Kind is TraceKind.ReadyAnnounced or TraceKind.ClientReady && !ready.Contains(e.Connection))
            {
                return $"At step {e.Step} connection {e.Connection} is told that it is ready, but it has not entered PROCESSING_READY.";
            }
        }

        return null;
    }
}
