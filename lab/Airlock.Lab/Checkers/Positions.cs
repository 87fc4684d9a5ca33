using System.Globalization;
using Airlock.Lab.Traces;

namespace Airlock.Lab.Checkers;

/// <summary>The counters of a session keep their order, and no number is skipped (invariant 2 of the core).</summary>
public sealed class Positions : Checker
{
    /// <inheritdoc/>
    public override string Name => "positions";

    /// <inheritdoc/>
    public override string Property => "done <= stored <= done + window, no position goes back, and the numbers that a client gets have no gap within a session.";

    /// <inheritdoc/>
    public override bool ReadsOrderOfStore => true;

    /// <inheritdoc/>
    public override string? Check(Trace trace)
    {
        var positions = new Dictionary<string, (long Done, long Stored)>();
        var received = new Dictionary<string, long>();
        foreach (ref readonly var e in trace.Span)
        {
            if (e.Kind == TraceKind.Positions)
            {
                var (done, stored) = (long.Parse(e.From!, CultureInfo.InvariantCulture), long.Parse(e.To!, CultureInfo.InvariantCulture));
                if (done > stored || stored > done + e.Number)
                {
                    return $"At step {e.Step} session {e.Name} has done {done} and stored {stored}, with a window of {e.Number}.";
                }

                var before = positions.GetValueOrDefault(e.Name!);
                if (done < before.Done || stored < before.Stored)
                {
                    return $"At step {e.Step} session {e.Name} goes back from done {before.Done} and stored {before.Stored} to {done} and {stored}.";
                }

                positions[e.Name!] = (done, stored);
            }
            else if (e.Kind == TraceKind.ClientGot && e.Name != "lost" && e.To is not null)
            {
                // What was lost is only ever lost with its session; the next one has a name of its own.
                var highest = received.GetValueOrDefault(e.To);
                if (e.Number > highest + 1)
                {
                    return $"At step {e.Step} {e.From} gets number {e.Number} of session {e.To} after {highest}: a gap.";
                }

                received[e.To] = Math.Max(highest, e.Number);
            }
        }

        return null;
    }
}
