namespace Airlock.Lab.Scheduling;

/// <summary>Why a run could not be brought to its end. What it means for the subject is the runner's to say.</summary>
public enum FailureKind
{
    /// <summary>Nothing is ready, no timer is set, and somebody still waits.</summary>
    Deadlock,

    /// <summary>More steps than a run may take: something polls or spins.</summary>
    StepLimit,

    /// <summary>More virtual time than a run may take.</summary>
    TimeLimit,

    /// <summary>A schedule does not fit what it is replayed on.</summary>
    Divergence,

    /// <summary>Something left the simulated world for another thread.</summary>
    Escape,
}
