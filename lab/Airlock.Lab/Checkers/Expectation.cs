using Airlock.Lab.Traces;

namespace Airlock.Lab.Checkers;

/// <summary>What a scenario itself expects of every subject; for those whose invariant is no property of all runs. Its name is what a run calls a missed expectation.</summary>
public sealed class Expectation : Checker
{
    /// <inheritdoc/>
    public override string Name => "expectation";

    /// <inheritdoc/>
    public override string Property => "What the scenario expects comes true.";

    /// <inheritdoc/>
    public override string? Check(Trace trace)
    {
        ArgumentNullException.ThrowIfNull(trace);
        foreach (var missed in trace.Of(TraceKind.Missed))
        {
            return $"By step {missed.Step} this had to be so, and was not: {missed.Name}";
        }

        return null;
    }
}
