namespace Airlock.Core;

/// <summary>Where a session is (<c>spec/session.md</c>).</summary>
public enum SessionState
{
    /// <summary>A connection of the current generation serves it.</summary>
    Attached,
    /// <summary>No connection; it waits for one.</summary>
    Detached,
    /// <summary>Over; only its counters are kept.</summary>
    Ended,
}
