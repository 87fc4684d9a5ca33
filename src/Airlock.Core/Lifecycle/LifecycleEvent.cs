namespace Airlock.Core;

/// <summary>One past fact about a connection, made by the factory of its name. A value.</summary>
public readonly record struct LifecycleEvent
{
    private LifecycleEvent(EventKind kind) => Kind = kind;

    /// <summary>What happened.</summary>
    public EventKind Kind { get; }

    /// <summary>The effect this completes; 0 if none.</summary>
    public int EffectId { get; private init; }

    /// <summary>Why, for refusals and close requests.</summary>
    public CloseReason? Reason { get; private init; }

    /// <summary>The close code that went by, if it says more than <see cref="Reason"/>.</summary>
    public int? Code { get; private init; }

    /// <summary>A hint for the client: when to come back.</summary>
    public TimeSpan? RetryAfter { get; private init; }

    /// <summary>Whether <c>hello</c> asked to resume.</summary>
    public bool ResumeAsked { get; private init; }

    /// <summary>Which gates are down.</summary>
    public GateStatus Gates { get; private init; }

    /// <summary>An instant in ticks of the driver's clock: when credentials expire, when a drain ends, when a deadline was due.</summary>
    public long? At { get; private init; }

    /// <summary>Which deadline passed.</summary>
    public DeadlineKind Deadline { get; private init; }

    /// <summary>What was seen of the peer by then.</summary>
    public PeerSigns Signs { get; private init; }

    /// <summary>The upgrade was accepted.</summary>
    public static LifecycleEvent UpgradeAccepted() => new(EventKind.UpgradeAccepted);

    /// <summary>The upgrade could not be accepted.</summary>
    /// <param name="reason">Why, if the client was not simply gone.</param>
    public static LifecycleEvent UpgradeFailed(CloseReason? reason = null) => new(EventKind.UpgradeFailed) { Reason = reason };

    /// <summary>A valid <c>hello</c> arrived.</summary>
    /// <param name="resumeAsked">Whether it asked to resume.</param>
    public static LifecycleEvent HelloReceived(bool resumeAsked) => new(EventKind.HelloReceived) { ResumeAsked = resumeAsked };

    /// <summary>Authentication found a principal.</summary>
    /// <param name="effectId">The id of the authenticate effect.</param>
    /// <param name="expiresAt">When the credentials expire, or null for never.</param>
    public static LifecycleEvent AuthenticationSucceeded(int effectId, long? expiresAt) => new(EventKind.AuthenticationSucceeded) { EffectId = effectId, At = expiresAt };

    /// <summary>Authentication refused.</summary>
    /// <param name="effectId">The id of the authenticate effect.</param>
    /// <param name="reason">Why.</param>
    /// <param name="retryAfter">When to come back, or null.</param>
    public static LifecycleEvent AuthenticationFailed(int effectId, CloseReason reason, TimeSpan? retryAfter = null) =>
        new(EventKind.AuthenticationFailed) { EffectId = effectId, Reason = Sendable(reason), RetryAfter = retryAfter };

    /// <summary>Authentication found a principal who has as many connections as one may have.</summary>
    /// <param name="effectId">The id of the authenticate effect.</param>
    public static LifecycleEvent UserLimitReached(int effectId) => AuthenticationFailed(effectId, CloseReason.ConnectionLimit, RetryHints.UserLimit);

    /// <summary>Whoever decides who the client is has failed.</summary>
    /// <param name="effectId">The id of the authenticate effect.</param>
    public static LifecycleEvent AuthenticationBroke(int effectId) => AuthenticationFailed(effectId, CloseReason.InternalError);

    /// <summary>The gates as they are now.</summary>
    /// <param name="gates">Which are down.</param>
    public static LifecycleEvent GatesChanged(GateStatus gates) => new(EventKind.GatesChanged) { Gates = gates };

    /// <summary>The session is attached.</summary>
    /// <param name="effectId">The id of the attach effect.</param>
    public static LifecycleEvent AttachSucceeded(int effectId) => new(EventKind.AttachSucceeded) { EffectId = effectId };

    /// <summary>The session could not be attached.</summary>
    /// <param name="effectId">The id of the attach effect.</param>
    /// <param name="reason">Why.</param>
    /// <param name="retryAfter">When to come back, or null.</param>
    public static LifecycleEvent AttachFailed(int effectId, CloseReason reason, TimeSpan? retryAfter = null) =>
        new(EventKind.AttachFailed) { EffectId = effectId, Reason = Sendable(reason), RetryAfter = retryAfter };

    /// <summary>A write does not go through at once.</summary>
    public static LifecycleEvent WriteBlocked() => new(EventKind.WriteBlocked);

    /// <summary>The blocked write went through.</summary>
    public static LifecycleEvent WriteUnblocked() => new(EventKind.WriteUnblocked);

    /// <summary>New credentials arrived.</summary>
    public static LifecycleEvent RefreshReceived() => new(EventKind.RefreshReceived);

    /// <summary>The new credentials are good.</summary>
    /// <param name="effectId">The id of the refresh effect.</param>
    /// <param name="expiresAt">When they expire, or null for never.</param>
    public static LifecycleEvent RefreshSucceeded(int effectId, long? expiresAt) => new(EventKind.RefreshSucceeded) { EffectId = effectId, At = expiresAt };

    /// <summary>The new credentials are refused.</summary>
    /// <param name="effectId">The id of the refresh effect.</param>
    /// <param name="reason">Why.</param>
    public static LifecycleEvent RefreshFailed(int effectId, CloseReason reason) => new(EventKind.RefreshFailed) { EffectId = effectId, Reason = Sendable(reason) };

    /// <summary>The new credentials are good, and those of somebody else.</summary>
    /// <param name="effectId">The id of the refresh effect.</param>
    public static LifecycleEvent RefreshOfAnother(int effectId) => RefreshFailed(effectId, CloseReason.PrincipalChanged);

    /// <summary>Whoever looks at new credentials has failed.</summary>
    /// <param name="effectId">The id of the refresh effect.</param>
    public static LifecycleEvent RefreshBroke(int effectId) => RefreshFailed(effectId, CloseReason.InternalError);

    /// <summary>The client said <c>bye</c>.</summary>
    public static LifecycleEvent ByeReceived() => new(EventKind.ByeReceived);

    /// <summary>Connections are to move.</summary>
    /// <param name="by">When this one is closed if it is still there.</param>
    /// <param name="retryAfter">When a connection that is still being set up should come back.</param>
    public static LifecycleEvent DrainRequested(long by, TimeSpan retryAfter) => new(EventKind.DrainRequested) { At = by, RetryAfter = retryAfter };

    /// <summary>This side wants the connection closed.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="retryAfter">When to come back, or null.</param>
    public static LifecycleEvent CloseRequested(CloseReason reason, TimeSpan? retryAfter = null) => new(EventKind.CloseRequested) { Reason = Sendable(reason), RetryAfter = retryAfter };

    /// <summary>The peer's close frame arrived.</summary>
    /// <param name="reason">What it said, as a reason of the catalogue.</param>
    /// <param name="code">Its code; 1005 if it had none. Null: the reason's.</param>
    public static LifecycleEvent CloseReceived(CloseReason reason, int? code = null) => new(EventKind.CloseReceived) { Reason = Sendable(reason), Code = code };

    /// <summary>This side's close frame was written.</summary>
    public static LifecycleEvent CloseSent() => new(EventKind.CloseSent);

    /// <summary>A deadline passed.</summary>
    /// <param name="kind">Which.</param>
    /// <param name="due">The instant it was set to; a firing for another instant is stale.</param>
    /// <param name="signs">What was seen of the peer by now. Left out: nothing.</param>
    public static LifecycleEvent DeadlineElapsed(DeadlineKind kind, long due, PeerSigns? signs = null) =>
        new(EventKind.DeadlineElapsed) { Deadline = kind, At = due, Signs = signs ?? PeerSigns.None };

    /// <summary>The stream ended without a close frame.</summary>
    /// <param name="reason">Why, if it is known better than that.</param>
    /// <param name="code">The close code that goes with the reason, if not the reason's own.</param>
    public static LifecycleEvent TransportLost(CloseReason? reason = null, int? code = null) => new(EventKind.TransportLost) { Reason = reason ?? CloseReason.TransportLost, Code = code };

    /// <summary>The driver leaves its scope.</summary>
    public static LifecycleEvent ScopeLeft() => new(EventKind.ScopeLeft) { Reason = CloseReason.InternalError };

    // 1006 says that there was no close frame, so it must never be in one (RFC 6455 §7.4.1).
    private static CloseReason Sendable(CloseReason reason) =>
        reason.Code != CloseReason.TransportLost.Code ? reason : throw new ArgumentException("What ends without a close frame is reported by TransportLost or UpgradeFailed; its reason cannot be sent.", nameof(reason));
}
