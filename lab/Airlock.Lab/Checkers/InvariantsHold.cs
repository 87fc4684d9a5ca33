using Airlock.Lab.Traces;

namespace Airlock.Lab.Checkers;

/// <summary>The subject's own objects are what they promise to be, whatever a client notices of it.</summary>
public sealed class InvariantsHold : Checker
{
    /// <inheritdoc/>
    public override string Name => "invariants-hold";

    /// <inheritdoc/>
    public override string Property => "What the subject's objects promise of themselves (sessions, deadlines, gates, the client's inbox and outbox) holds, after every fourth step and at the end.";

    /// <inheritdoc/>
    public override string? Check(Trace trace)
    {
        foreach (ref readonly var e in trace.Span)
        {
            if (e.Kind == TraceKind.Broken)
            {
                return $"At step {e.Step} {e.Name}: {e.To}";
            }
        }

        return null;
    }
}
