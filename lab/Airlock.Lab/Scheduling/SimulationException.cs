namespace Airlock.Lab.Scheduling;

/// <summary>Ends a run before its end.</summary>
/// <param name="kind">Why.</param>
/// <param name="message">Details, for a reader.</param>
public sealed class SimulationException(FailureKind kind, string message) : Exception(message)
{
    /// <summary>Why.</summary>
    public FailureKind Kind => kind;
}
