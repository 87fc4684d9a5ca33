namespace Airlock.Core;

/// <summary>Where a connection is in its one lifecycle (<c>spec/lifecycle.md</c>). On the wire, in logs and on pages: <c>PROCESSING_READY</c>.</summary>
public enum ConnectionState
{
    /// <summary>Object, id and index entry exist; the upgrade is not accepted yet.</summary>
    Connecting,
    /// <summary>The transport is open and nobody is known yet; <c>open</c> is sent.</summary>
    Accepted,
    /// <summary>The principal is fixed for the connection's life.</summary>
    Authenticated,
    /// <summary>Every required gate is open; the connection is attaching to its session.</summary>
    ServicesReady,
    /// <summary>Attached; messages are handled.</summary>
    ProcessingReady,
    /// <summary>As <see cref="ProcessingReady"/> while some gate is down.</summary>
    Degraded,
    /// <summary>Told to move; still works.</summary>
    Draining,
    /// <summary>Closing for one reason; the first reason wins.</summary>
    Closing,
    /// <summary>Ended with both close frames, or refused before the upgrade.</summary>
    Closed,
    /// <summary>Ended without both close frames.</summary>
    Failed,
}
