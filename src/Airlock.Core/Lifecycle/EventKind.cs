namespace Airlock.Core;

/// <summary>The past facts that a connection's lifecycle knows. Data comes with <see cref="LifecycleEvent"/>.</summary>
public enum EventKind
{
    /// <summary>The upgrade was accepted; the transport is open.</summary>
    UpgradeAccepted,
    /// <summary>The upgrade could not be accepted.</summary>
    UpgradeFailed,
    /// <summary>A valid <c>hello</c> arrived.</summary>
    HelloReceived,
    /// <summary>The authentication effect found a principal.</summary>
    AuthenticationSucceeded,
    /// <summary>The authentication effect found a reason to refuse.</summary>
    AuthenticationFailed,
    /// <summary>The state of the gates, on change or when asked for.</summary>
    GatesChanged,
    /// <summary>The attach effect holds the session.</summary>
    AttachSucceeded,
    /// <summary>The attach effect was refused or failed.</summary>
    AttachFailed,
    /// <summary>A write does not go through at once.</summary>
    WriteBlocked,
    /// <summary>The blocked write went through.</summary>
    WriteUnblocked,
    /// <summary>New credentials arrived.</summary>
    RefreshReceived,
    /// <summary>The new credentials are good and of the same principal.</summary>
    RefreshSucceeded,
    /// <summary>The new credentials are refused.</summary>
    RefreshFailed,
    /// <summary>The client said <c>bye</c>: no more input.</summary>
    ByeReceived,
    /// <summary>The server wants connections to move.</summary>
    DrainRequested,
    /// <summary>This side wants the connection closed, with a reason.</summary>
    CloseRequested,
    /// <summary>The peer's close frame arrived.</summary>
    CloseReceived,
    /// <summary>This side's close frame was written.</summary>
    CloseSent,
    /// <summary>A deadline passed.</summary>
    DeadlineElapsed,
    /// <summary>The reader reached the end of the stream without a close frame.</summary>
    TransportLost,
    /// <summary>The driver leaves its scope, whatever happened.</summary>
    ScopeLeft,
}
