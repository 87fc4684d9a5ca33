using Airlock.Lab.Scheduling;

namespace Airlock.Lab.Running;

/// <summary>A schedule under which something was violated.</summary>
/// <param name="Schedule">The decisions that repeat it.</param>
/// <param name="Violations">What was violated, never empty.</param>
/// <param name="Number">Which schedule of its portion it was, from 1.</param>
/// <param name="Portion">How it was found.</param>
internal sealed record FoundRace(Schedule Schedule, IReadOnlyList<Violation> Violations, int Number, string Portion);
