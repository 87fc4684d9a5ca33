using Airlock.Lab.Running;
using Airlock.Lab.Traces;

namespace Airlock.Lab.Subjects.Mutants;

/// <summary>One run of a compiled driver.</summary>
/// <param name="Steps">How many steps it took.</param>
/// <param name="Events">What happened, in order.</param>
/// <param name="Violations">What was violated.</param>
public sealed record CompiledRun(int Steps, IReadOnlyList<TraceEvent> Events, IReadOnlyList<Violation> Violations);
