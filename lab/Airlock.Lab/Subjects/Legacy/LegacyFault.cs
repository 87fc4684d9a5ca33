namespace Airlock.Lab.Subjects.Legacy;

/// <summary>A fault of the incident's endpoint. Each can be switched on alone.</summary>
[Flags]
public enum LegacyFault
{
    /// <summary>None: the endpoint as it should have been.</summary>
    None = 0,

    /// <summary>Phase 4 registers a second machine for a connection that has one (incident §1.2, phase 4).</summary>
    SecondMachine = 1,
}
