namespace Airlock.Lab.Subjects.Legacy;

/// <summary>Says whose a fault of the legacy model is, so that nobody takes the model's own for the incident's.</summary>
/// <param name="origin">Whose.</param>
/// <param name="reason">Why it is not the incident's endpoint's, as a sentence; empty if it is.</param>
[AttributeUsage(AttributeTargets.Field)]
public sealed class OriginAttribute(FaultOrigin origin, string reason = "") : Attribute
{
    /// <summary>Whose.</summary>
    public FaultOrigin Origin => origin;

    /// <summary>Why it is not the incident's endpoint's, as a sentence; empty if it is.</summary>
    public string Reason => reason;

    /// <summary>Whose a fault is.</summary>
    /// <param name="fault">One fault.</param>
    public static OriginAttribute Of(LegacyFault fault) =>
        (OriginAttribute?)GetCustomAttribute(typeof(LegacyFault).GetField(fault.ToString())!, typeof(OriginAttribute)) ?? throw new InvalidOperationException($"Nobody says whose fault {fault} is.");
}
