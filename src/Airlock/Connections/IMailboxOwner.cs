using Airlock.Core;

namespace Airlock;

/// <summary>Who carries out what the lifecycle orders, in the order of its events.</summary>
internal interface IMailboxOwner
{
    /// <summary>The event that tells how the gates are now.</summary>
    LifecycleEvent ReadGates();

    /// <summary>Carries out an event's effects. Called for one event after another, outside the mailbox's lock. Must not throw.</summary>
    void Carry(in LifecycleEvent e, in Transition transition);

    /// <summary>The mailbox was left: what effects have queued is written.</summary>
    void WriteOutput();
}
