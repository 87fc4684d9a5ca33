using Airlock.Lab.Traces;

namespace Airlock.Lab.Running;

/// <summary>One run, for a reader.</summary>
/// <param name="Steps">Its steps, in order. Time that passes by itself is none.</param>
/// <param name="Events">What happened, in order.</param>
/// <param name="Violations">What was violated.</param>
internal sealed record Replayed(IReadOnlyList<SeenStep> Steps, IReadOnlyList<TraceEvent> Events, IReadOnlyList<Violation> Violations)
{
    /// <summary>A digest of everything that happened.</summary>
    public ulong Hash() => new Trace(Events).Hash();
}
