namespace Airlock;

/// <summary>A gate as published. Immutable.</summary>
/// <param name="Name">Its name.</param>
/// <param name="IsRequired">Whether connections wait for it.</param>
/// <param name="State">What is known of it.</param>
/// <param name="RetryAfter">When it is looked at again, or null.</param>
public sealed record GateReport(string Name, bool IsRequired, GateState State, TimeSpan? RetryAfter)
{
    /// <summary>Whether a connection may pass it.</summary>
    public bool IsPassable => State is GateState.Open or GateState.Degraded;
}
