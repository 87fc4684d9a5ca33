namespace Airlock.Client;

/// <summary>What a client waits for.</summary>
internal enum AlarmKind
{
    /// <summary>When to dial again.</summary>
    Reconnect,

    /// <summary>When to dial the connection that takes over.</summary>
    Handover,

    /// <summary>When to acknowledge what was handled.</summary>
    Ack,

    /// <summary>When to give a silent connection up.</summary>
    Silence,

    /// <summary>When to refresh the credentials.</summary>
    Refresh,

    /// <summary>When the connection has been ready long enough for the count of delays to start again.</summary>
    Steady,

    /// <summary>When to stop waiting, after bye, for an application that finishes with nothing.</summary>
    Release,

    /// <summary>When to stop waiting for the close frame that <c>closing</c> announced.</summary>
    Close,
}
