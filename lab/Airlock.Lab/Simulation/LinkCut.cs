namespace Airlock.Lab.Simulation;

/// <summary>How a link is cut.</summary>
public enum LinkCut
{
    /// <summary>An orderly end of the stream.</summary>
    End,

    /// <summary>A reset: both ends fail.</summary>
    Reset,

    /// <summary>Nothing arrives any more and nobody is told: half-open.</summary>
    Silence,
}
