using static Airlock.Core.LifecycleEvent;

namespace Airlock.Core.Tests;

/// <summary>Every event with every kind of data, right or wrong, that a driver could feed in. All clocks stand at 0 and every timeout is 0, so any running deadline may fire at any time.</summary>
public static class HostileDriver
{
    public static readonly LifecycleTimeouts Timeouts = new()
    {
        Hello = default,
        Authentication = default,
        Gate = default,
        Attach = default,
        Idle = default,
        Pong = default,
        Message = default,
        Write = default,
        Close = default,
    };

    /// <summary>Authentication, attach and two refreshes; the id after them is one that was never given out.</summary>
    public const int EffectIdsMax = 4;

    /// <summary>What to apply, its name, and the clock to apply it at.</summary>
    public static IEnumerable<(string Name, LifecycleEvent Event, long Now)> Events(LifecycleSnapshot at) =>
        Plain(at).Concat(Completions()).Select(named => (named.Name, named.Event, 0L)).Concat(Firings());

    private static IEnumerable<(string Name, LifecycleEvent Event)> Plain(LifecycleSnapshot at)
    {
        yield return ("UpgradeAccepted", UpgradeAccepted());
        yield return ("UpgradeFailed", UpgradeFailed());
        yield return ("HelloReceived", HelloReceived(false));
        yield return ("HelloReceived(resume)", HelloReceived(true));
        yield return ("GatesChanged(open)", GatesChanged(Walk.Open));
        yield return ("GatesChanged(required down)", GatesChanged(Walk.RequiredDown));
        yield return ("GatesChanged(optional down)", GatesChanged(Walk.OptionalDown));
        yield return ("WriteBlocked", WriteBlocked());
        yield return ("WriteUnblocked", WriteUnblocked());
        if (at.EffectIds < EffectIdsMax || at.RefreshId != 0)
        {
            yield return ("RefreshReceived", RefreshReceived());
        }

        yield return ("ByeReceived", ByeReceived());
        yield return ("DrainRequested", DrainRequested(0, TimeSpan.FromTicks(1)));
        yield return ("CloseRequested", CloseRequested(CloseReason.Disconnected));
        yield return ("CloseReceived", CloseReceived(CloseReason.ClientClosed));
        yield return ("CloseSent", CloseSent());
        yield return ("TransportLost", TransportLost());
        yield return ("ScopeLeft", ScopeLeft());
    }

    private static IEnumerable<(string Name, LifecycleEvent Event)> Completions()
    {
        for (var id = 0; id <= EffectIdsMax + 1; id++)
        {
            yield return ($"AuthenticationSucceeded({id})", AuthenticationSucceeded(id, null));
            yield return ($"AuthenticationSucceeded({id}, expires)", AuthenticationSucceeded(id, 0));
            yield return ($"AuthenticationFailed({id})", AuthenticationFailed(id, CloseReason.TokenInvalid));
            yield return ($"AttachSucceeded({id})", AttachSucceeded(id));
            yield return ($"AttachFailed({id})", AttachFailed(id, CloseReason.StaleAttempt));
            yield return ($"RefreshSucceeded({id})", RefreshSucceeded(id, null));
            yield return ($"RefreshSucceeded({id}, expires)", RefreshSucceeded(id, 0));
            yield return ($"RefreshFailed({id})", RefreshFailed(id, CloseReason.PrincipalChanged));
            yield return ($"RefreshFailed({id}, for a while)", RefreshFailed(id, CloseReason.AuthenticationUnavailable));
        }
    }

    private static IEnumerable<(string Name, LifecycleEvent Event, long Now)> Firings()
    {
        foreach (var kind in Enum.GetValues<DeadlineKind>())
        {
            yield return ($"DeadlineElapsed({kind})", DeadlineElapsed(kind, 0), 0);
            yield return ($"DeadlineElapsed({kind}, another instant)", DeadlineElapsed(kind, 1), 1);
            yield return ($"DeadlineElapsed({kind}, before its time)", DeadlineElapsed(kind, 0), -1);
            yield return ($"DeadlineElapsed({kind}, heard)", DeadlineElapsed(kind, 0, PeerSigns.None with { HeardAt = kind == DeadlineKind.Idle ? 1 : 0 }), 0);
            yield return ($"DeadlineElapsed({kind}, a message for ever)", DeadlineElapsed(kind, 0, PeerSigns.None with { MessageBegan = 0 }), 0);
            yield return ($"DeadlineElapsed({kind}, a store that answers)", DeadlineElapsed(kind, 0, PeerSigns.None with { Handling = 1, StoreAnsweredAt = 1 }), 0);
            yield return ($"DeadlineElapsed({kind}, a silent store)", DeadlineElapsed(kind, 0, PeerSigns.None with { Handling = 1, IsSessionSought = true }), 0);
        }
    }
}
