using Airlock.Core;
using static Airlock.Core.ConnectionState;
using static Airlock.Core.EventKind;

namespace Airlock.Lab.Running;

/// <summary>The pairs of state and event that the driver cannot put to the transition table in a run, each with its reason. If one of them happens, the list is wrong and the run does not hold.</summary>
/// <remarks>
/// A run has one thread: where a reason says "in the step", the driver on several threads may meet the pair. The table answers all of them,
/// and the core's own tests put every pair to it.
/// </remarks>
internal static class UnreachablePairs
{
    private static readonly ConnectionState[] _open = [Accepted, Authenticated, ServicesReady, ProcessingReady, Degraded, Draining];
    private static readonly ConnectionState[] _ready = [ProcessingReady, Degraded, Draining];

    /// <summary>The pairs and why.</summary>
    public static IReadOnlyDictionary<(ConnectionState State, EventKind Kind), string> All { get; } = new[]
    {
        Pairs([Connecting], [HelloReceived, RefreshReceived, ByeReceived, CloseReceived, TransportLost], "The reader starts after the upgrade was accepted."),
        Pairs([Connecting], [WriteBlocked, WriteUnblocked], "The writer starts with the open frame, after the upgrade was accepted."),
        Pairs([Connecting, .. _open], [CloseSent], "The writer sends a close only when CLOSING has ordered it."),
        Pairs([.. _open, Closing, Failed], [UpgradeAccepted, UpgradeFailed], "The upgrade is answered once, and only a drain can end a connection before that: in CLOSED."),
        Pairs([Connecting], [AuthenticationSucceeded, AuthenticationFailed, RefreshSucceeded, RefreshFailed], "What was not ordered yet cannot be completed: credentials come with hello."),
        Pairs([Accepted], [RefreshSucceeded, RefreshFailed], "New credentials are taken from AUTHENTICATED on."),
        Pairs([Connecting, Accepted, Authenticated], [AttachSucceeded, AttachFailed], "Attaching is ordered on entering SERVICES_READY."),
        Pairs([Authenticated, ServicesReady, .. _ready], [AuthenticationSucceeded, AuthenticationFailed], "The one authentication was completed on the way out of ACCEPTED."),
        Pairs(_ready, [AttachSucceeded, AttachFailed], "The one attachment was completed on the way out of SERVICES_READY."),
        Pairs([Connecting, Accepted], [GatesChanged], "The gates are watched from AUTHENTICATED on."),
        Pairs([Connecting, Closed, Failed], [DeadlineElapsed], "The alarm looks for a deadline in the step in which it posts, and none runs."),
        Pairs([Connecting], [ScopeLeft], "The scope waits for the upgrade's answer; it is left before only by a bug: of the driver, or of a host whose accept fails with what is no transport's exception."),
        Pairs([Closed], [HelloReceived, RefreshReceived, ByeReceived, CloseReceived, TransportLost], "CLOSED has seen the peer's close, the reader's last event, or was there before the reader would have started."),
        Pairs([Closed], [WriteBlocked, WriteUnblocked, CloseSent], "CLOSED has seen the writer's close, its last event, or was there before the writer would have started."),
        Pairs([Closing, Failed], [HelloReceived, RefreshReceived], "The reader looks at the state in the step in which it posts; raw text has its hello posted in the step of the accept, and no refresh."),
        Pairs([Failed], [WriteBlocked], "A write tells in the step in which it begins that it blocks, and FAILED leaves a WebSocket that is aborted or has failed: a write there fails at once."),
        Pairs([Closed, Failed], [GatesChanged], "A report tells all who watch in one step, and who ends stops watching in the step in which it ends."),
        Pairs([Closed, Failed], [DrainRequested], "A drain asks all who are in the index in one step, and who ends leaves it in the step in which it ends."),
        Pairs([.. _open, Closing], [ScopeLeft], "The scope waits for the end; it is left before only by a bug of the driver."),
    }.SelectMany(static pairs => pairs).ToDictionary(static pair => pair.Pair, static pair => pair.Why);

    private static IEnumerable<((ConnectionState, EventKind) Pair, string Why)> Pairs(ConnectionState[] states, EventKind[] kinds, string why) =>
        from state in states
        from kind in kinds
        select ((state, kind), why);
}
