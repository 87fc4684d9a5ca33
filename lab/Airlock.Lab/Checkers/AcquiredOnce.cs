using Airlock.Lab.Traces;

namespace Airlock.Lab.Checkers;

/// <summary>What is taken is given back, once (invariant 4 of the core).</summary>
public sealed class AcquiredOnce : Checker
{
    /// <inheritdoc/>
    public override string Name => "acquired-once";

    /// <inheritdoc/>
    public override string Property => "Every acquisition is released exactly once, and at the end nothing is held.";

    /// <inheritdoc/>
    public override string? Check(Trace trace)
    {
        var held = new HashSet<(string, string)>();
        var known = new HashSet<(string, string)>();
        foreach (ref readonly var e in trace.Span)
        {
            if (e.Kind == TraceKind.Acquired && !known.Add((e.Name!, e.To!)))
            {
                return $"At step {e.Step} the {e.Name} for {e.To} is acquired for the second time.";
            }

            if (e.Kind == TraceKind.Acquired)
            {
                held.Add((e.Name!, e.To!));
            }
            else if (e.Kind == TraceKind.Released && !held.Remove((e.Name!, e.To!)))
            {
                return $"At step {e.Step} the {e.Name} for {e.To} is released, but {(known.Contains((e.Name!, e.To!)) ? "it was released already" : "nobody has acquired it")}.";
            }
        }

        foreach (var (what, whom) in held)
        {
            return $"The {what} for {whom} is never released.";
        }

        return null;
    }
}
