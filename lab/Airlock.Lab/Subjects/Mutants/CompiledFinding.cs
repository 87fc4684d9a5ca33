namespace Airlock.Lab.Subjects.Mutants;

/// <summary>What exploring a compiled driver has found.</summary>
/// <param name="Runs">How many schedules were run.</param>
/// <param name="Violating">How many of them violate the scenario's invariant.</param>
/// <param name="First">The first that does, from 1; 0 if none does.</param>
/// <param name="Schedule">Its decisions, or null.</param>
/// <param name="TimeRaces">Whether time raced with work in it.</param>
/// <param name="Text">What it violates, as a sentence; or null.</param>
/// <param name="Others">What else was violated in any run: names of checkers.</param>
public sealed record CompiledFinding(int Runs, int Violating, int First, string? Schedule, bool TimeRaces, string? Text, IReadOnlyList<string> Others);
