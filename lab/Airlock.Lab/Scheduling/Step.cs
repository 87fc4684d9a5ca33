namespace Airlock.Lab.Scheduling;

/// <summary>Something that can happen next: a continuation of an actor, or a completion of the simulated world.</summary>
/// <param name="Actor">Whose step it is.</param>
/// <param name="Label">What it is, for a reader; null for a continuation of the actor.</param>
/// <param name="Callback">What to run.</param>
/// <param name="State">What to run it with.</param>
/// <param name="IsRaw">Whether it runs without a synchronization context, as an I/O completion does: library code that asked for no context then goes on inline.</param>
public readonly record struct Step(Actor Actor, string? Label, SendOrPostCallback Callback, object? State, bool IsRaw);
