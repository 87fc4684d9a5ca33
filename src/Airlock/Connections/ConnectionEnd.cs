using Airlock.Core;

namespace Airlock;

/// <summary>How a connection ended, for the session it served.</summary>
/// <param name="Connection">The connection's id.</param>
/// <param name="Reason">Why.</param>
/// <param name="Code">The close code that was sent or seen.</param>
public sealed record ConnectionEnd(string Connection, CloseReason Reason, int Code)
{
    /// <summary>How long nothing had been heard from the client, or null if that is not known.</summary>
    public TimeSpan? Silence { get; init; }
}
