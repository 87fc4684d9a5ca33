namespace Airlock.Core;

/// <summary>The orders a lifecycle gives its driver.</summary>
public enum EffectKind
{
    /// <summary>Answer the request with the reason's HTTP status instead of an upgrade.</summary>
    RefuseUpgrade,
    /// <summary>Send <c>open</c>.</summary>
    SendOpen,
    /// <summary>Acquires: find the principal and take its place in the connection limits. Complete with AuthenticationSucceeded or AuthenticationFailed.</summary>
    Authenticate,
    /// <summary>Send <c>authed</c>.</summary>
    SendAuthed,
    /// <summary>Report the gates as they are now with GatesChanged, and again at each change.</summary>
    WatchGates,
    /// <summary>Acquires: attach to the session. Complete with AttachSucceeded or AttachFailed.</summary>
    Attach,
    /// <summary>Send <c>ready</c> and begin to serve the session.</summary>
    SendReady,
    /// <summary>Send <c>gate</c> for each gate that is not as it was told last; at first, for each that is not open.</summary>
    SendGates,
    /// <summary>Send <c>ping</c>.</summary>
    SendPing,
    /// <summary>Ask for new credentials.</summary>
    SendRefresh,
    /// <summary>Validate new credentials. Acquires nothing. Complete with RefreshSucceeded or RefreshFailed.</summary>
    Refresh,
    /// <summary>Send <c>drain</c>.</summary>
    SendDrain,
    /// <summary>Tell the session that no more input comes.</summary>
    EndInput,
    /// <summary>Send <c>closing</c> and the close frame, with the code that the transition says, then report CloseSent.</summary>
    SendClose,
    /// <summary>The completion of the effect with this id is not awaited any more; it must still come.</summary>
    Cancel,
    /// <summary>Give back the user's place that the Authenticate with this id acquired.</summary>
    ReleaseUser,
    /// <summary>Give back the session that the Attach with this id acquired. The transition says how the connection ends.</summary>
    ReleaseSession,
    /// <summary>Cut the transport.</summary>
    Abort,
    /// <summary>Leave the index: the connection is over.</summary>
    Unregister,
}
