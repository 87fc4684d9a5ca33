using System.Globalization;
using Airlock.Lab.Traces;

namespace Airlock.Lab.Checkers;

/// <summary>An older connection of a session cannot write into it any more (invariant 1 of the core).</summary>
public sealed class FencedStore : Checker
{
    /// <inheritdoc/>
    public override string Name => "fenced-store";

    /// <inheritdoc/>
    public override string Property => "Raising the generation and reading the stored position are one step; nothing of an older generation is stored after it.";

    /// <inheritdoc/>
    public override bool ReadsOrderOfStore => true;

    /// <inheritdoc/>
    public override string? Check(Trace trace)
    {
        var sessions = new Dictionary<string, (long Generation, long Stored)>();
        foreach (ref readonly var e in trace.Span)
        {
            if (e.Kind == TraceKind.Attached)
            {
                var (generation, stored) = sessions.GetValueOrDefault(e.Name!);
                if (e.Number <= generation)
                {
                    return $"At step {e.Step} session {e.Name} is attached with generation {e.Number}, but it had {generation}.";
                }

                if (long.Parse(e.From!, CultureInfo.InvariantCulture) is var told && told != stored)
                {
                    return $"At step {e.Step} generation {e.Number} of session {e.Name} is told that messages up to {told} are stored; it is {stored}.";
                }

                sessions[e.Name!] = (e.Number, stored);
            }
            else if (e.Kind == TraceKind.Stored && e.To == "Stored")
            {
                var (generation, stored) = sessions.GetValueOrDefault(e.Name!);
                if (long.Parse(e.From!, CultureInfo.InvariantCulture) is var asks && asks != generation)
                {
                    return $"At step {e.Step} session {e.Name} stores message {e.Number} for generation {asks}; its generation is {generation}.";
                }

                if (e.Number != stored + 1)
                {
                    return $"At step {e.Step} session {e.Name} stores message {e.Number} after message {stored}.";
                }

                sessions[e.Name!] = (generation, e.Number);
            }
        }

        return null;
    }
}
