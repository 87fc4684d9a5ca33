namespace Airlock;

/// <summary>What is known of a gate: something the application depends on.</summary>
public enum GateState
{
    /// <summary>Not looked at yet, or not ready yet.</summary>
    Waiting,
    /// <summary>Working.</summary>
    Open,
    /// <summary>Working with less.</summary>
    Degraded,
    /// <summary>Not working.</summary>
    Failed,
}
