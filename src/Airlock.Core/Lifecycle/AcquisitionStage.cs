namespace Airlock.Core;

/// <summary>How far an acquiring effect is.</summary>
public enum AcquisitionStage
{
    /// <summary>Nothing was ordered, or what was ordered came to nothing or was given back.</summary>
    None,
    /// <summary>Ordered; its completion is still to come.</summary>
    Pending,
    /// <summary>Held by the connection.</summary>
    Held,
}
