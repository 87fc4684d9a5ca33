using Airlock.Lab.Scheduling;

namespace Airlock.Lab.Running;

/// <summary>One side of a verdict.</summary>
/// <param name="Subject">What was examined.</param>
/// <param name="Exploration">What came out.</param>
internal sealed record Side(string Subject, Exploration Exploration)
{
    /// <summary>The first race's schedule, shrunk; null if there is none.</summary>
    public Schedule? Shrunk { get; init; }

    /// <summary>The checker that the schedule violates; null without one.</summary>
    public string? Checker => Exploration.First?.Violations[0].Checker;
}
