namespace Airlock.Lab.Subjects.Mutants;

/// <summary>What came of exploring a scenario in the copy of the lab that is bound to a compiled driver.</summary>
/// <param name="Schedules">How many schedules.</param>
/// <param name="Steps">How many steps in all.</param>
/// <param name="Violating">How many violate a property.</param>
/// <param name="Repeated">How many were run twice and compared.</param>
/// <param name="First">The number of the first that violates one, from 1; 0 if none does.</param>
/// <param name="Schedule">Its schedule.</param>
/// <param name="Checker">What objects.</param>
/// <param name="Text">Why.</param>
/// <param name="Portion">Which part of the search found it.</param>
/// <param name="Error">What the lab could not do, or null.</param>
internal sealed record CompiledSurvey(long Schedules, long Steps, long Violating, long Repeated, int First, string? Schedule, string? Checker, string? Text, string? Portion, string? Error);
