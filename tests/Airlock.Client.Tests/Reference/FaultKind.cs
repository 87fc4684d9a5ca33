namespace Airlock.Client.Tests.Reference;

public enum FaultKind
{
    /// <summary>RST to both sides.</summary>
    Reset,
    /// <summary>FIN to both sides, in the middle of whatever was said.</summary>
    Close,
    /// <summary>FIN in one direction; the other goes on.</summary>
    HalfClose,
    /// <summary>Nothing more is passed on, and nobody is told.</summary>
    Stall,
}
