namespace Airlock;

/// <summary>What runs the turns of a session, as a turn and the calls to the store see it.</summary>
internal interface ITurnRun
{
    /// <summary>The session.</summary>
    ISessionLog Log { get; }

    /// <summary>Guards the run, and <see cref="Staged"/>. A <see cref="Lock"/>, because a monitor on an object that each message brings along goes the slow way.</summary>
    Lock Lock { get; }

    /// <summary>What the turn that runs now has staged: one list for all turns of the run, since they follow one another.</summary>
    List<ReadOnlyMemory<byte>> Staged { get; }

    /// <summary>From here on the try takes a while: the client hears that its message is stored.</summary>
    void Wait();
}
