using Airlock.Lab.Traces;

namespace Airlock.Lab.Checkers;

/// <summary>What was said cannot be unsaid (invariant 3 of the core).</summary>
public sealed class OneContent : Checker
{
    /// <inheritdoc/>
    public override string Name => "one-content";

    /// <inheritdoc/>
    public override string Property => "A number of a session and direction denotes one content for ever.";

    /// <inheritdoc/>
    public override string? Check(Trace trace)
    {
        var contents = new Dictionary<(string, long), string>();
        foreach (ref readonly var e in trace.Span)
        {
            if (e.Kind == TraceKind.Denoted && !contents.TryAdd((e.Name!, e.Number), e.To!) && contents[(e.Name!, e.Number)] is var content && content != e.To)
            {
                return $"At step {e.Step} number {e.Number} of {e.Name} stands for '{e.To}'; it stood for '{content}'.";
            }
        }

        return null;
    }
}
