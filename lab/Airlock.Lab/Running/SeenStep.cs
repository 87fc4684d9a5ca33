namespace Airlock.Lab.Running;

/// <summary>A step of a run, for a reader.</summary>
/// <param name="Number">Its number, from 1.</param>
/// <param name="At">Virtual time since the run began.</param>
/// <param name="Actor">Whose step.</param>
/// <param name="Label">What it is; null if the actor goes on with what it did.</param>
/// <param name="Choice">Which of the options it was; 0 is the oldest.</param>
/// <param name="Options">How many there were.</param>
public sealed record SeenStep(int Number, TimeSpan At, string Actor, string? Label, int Choice, int Options);
