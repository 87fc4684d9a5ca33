namespace Airlock.Lab.Tests.Contests;

/// <summary>What can be wrong at the border of a lock.</summary>
internal enum LockFaultKind
{
    /// <summary>What is looked at under one lock is acted upon under the next: between the two it has changed, or somebody has overtaken.</summary>
    CheckThenAct,

    /// <summary>What is looked at before the lock is not so any more inside: a wake-up is lost, or somebody else's change.</summary>
    LookedAtOutside,

    /// <summary>What is looked up under one lock is taken out, or added to, under the next: two have it, or nobody.</summary>
    LookedUpThenTaken,
}
