using static Airlock.Core.ConnectionState;
using static Airlock.Core.EventKind;

namespace Airlock.Core;

/// <summary>The transition table: what each event means in each state. Data decides within a rule; nothing decides outside this table.</summary>
/// <remarks>
/// The switches are nested and have no default, so a pair left out is a compile error (CS8509).
/// <c>spec/lifecycle-table.md</c> is printed from running this table.
/// </remarks>
internal static class Transitions
{
    /// <summary>What to do with an event. The refusals name themselves; the others are methods of <see cref="ConnectionLifecycle"/>.</summary>
    internal enum Rule
    {
        RefuseTooEarly, RefuseTooLate, RefuseRepeated, RefuseStale, RefuseTerminal,
        Open, RefuseUpgrade, Fail, Authenticate, EnterAuthenticated, RefuseCredentials, RecordGates, TellGates, PassGates, ReflectGates,
        EnterReady, RefuseAttach, BlockWrite, UnblockWrite, BeginRefresh, FinishRefresh, RefuseRefresh, EndInput, Drain, DrainSetup, DrainAgain,
        Close, CloseAsPeer, CloseRepeatedHello, CloseOutOfPhase, CloseInvalidRefresh, FinishClose, FinishPeerClose, Elapse, SettleAuthentication, SettleAttach,
    }

#pragma warning disable CS8524 // Values outside the enums cannot occur; a default arm would hide a missing pair (CS8509 stays an error).
    internal static Rule On(ConnectionState state, EventKind kind) => state switch
    {
        Connecting => kind switch
        {
            UpgradeAccepted => Rule.Open,
            UpgradeFailed => Rule.Fail,
            GatesChanged => Rule.RecordGates,
            DrainRequested => Rule.RefuseUpgrade,
            CloseRequested => Rule.RefuseUpgrade,
            TransportLost => Rule.Fail,
            ScopeLeft => Rule.Fail,
            HelloReceived or WriteBlocked or WriteUnblocked or RefreshReceived or ByeReceived or CloseReceived or CloseSent => Rule.RefuseTooEarly,
            AuthenticationSucceeded or AuthenticationFailed or AttachSucceeded or AttachFailed or RefreshSucceeded or RefreshFailed or DeadlineElapsed => Rule.RefuseStale,
        },
        Accepted => kind switch
        {
            UpgradeAccepted => Rule.RefuseRepeated,
            UpgradeFailed => Rule.RefuseTooLate,
            HelloReceived => Rule.Authenticate,
            AuthenticationSucceeded => Rule.EnterAuthenticated,
            AuthenticationFailed => Rule.RefuseCredentials,
            GatesChanged => Rule.RecordGates,
            AttachSucceeded or AttachFailed or RefreshSucceeded or RefreshFailed => Rule.RefuseStale,
            WriteBlocked => Rule.BlockWrite,
            WriteUnblocked => Rule.UnblockWrite,
            RefreshReceived => Rule.CloseInvalidRefresh,
            ByeReceived => Rule.CloseOutOfPhase,
            DrainRequested => Rule.DrainSetup,
            CloseRequested => Rule.Close,
            CloseReceived => Rule.CloseAsPeer,
            CloseSent => Rule.RefuseTooEarly,
            DeadlineElapsed => Rule.Elapse,
            TransportLost => Rule.Fail,
            ScopeLeft => Rule.Fail,
        },
        Authenticated => kind switch
        {
            UpgradeAccepted => Rule.RefuseRepeated,
            UpgradeFailed => Rule.RefuseTooLate,
            HelloReceived => Rule.CloseRepeatedHello,
            AuthenticationSucceeded or AuthenticationFailed => Rule.RefuseStale,
            GatesChanged => Rule.PassGates,
            AttachSucceeded or AttachFailed => Rule.RefuseStale,
            WriteBlocked => Rule.BlockWrite,
            WriteUnblocked => Rule.UnblockWrite,
            RefreshReceived => Rule.BeginRefresh,
            RefreshSucceeded => Rule.FinishRefresh,
            RefreshFailed => Rule.RefuseRefresh,
            ByeReceived => Rule.CloseOutOfPhase,
            DrainRequested => Rule.DrainSetup,
            CloseRequested => Rule.Close,
            CloseReceived => Rule.CloseAsPeer,
            CloseSent => Rule.RefuseTooEarly,
            DeadlineElapsed => Rule.Elapse,
            TransportLost => Rule.Fail,
            ScopeLeft => Rule.Fail,
        },
        ServicesReady => kind switch
        {
            UpgradeAccepted => Rule.RefuseRepeated,
            UpgradeFailed => Rule.RefuseTooLate,
            HelloReceived => Rule.CloseRepeatedHello,
            AuthenticationSucceeded or AuthenticationFailed => Rule.RefuseStale,
            GatesChanged => Rule.TellGates,
            AttachSucceeded => Rule.EnterReady,
            AttachFailed => Rule.RefuseAttach,
            WriteBlocked => Rule.BlockWrite,
            WriteUnblocked => Rule.UnblockWrite,
            RefreshReceived => Rule.BeginRefresh,
            RefreshSucceeded => Rule.FinishRefresh,
            RefreshFailed => Rule.RefuseRefresh,
            ByeReceived => Rule.CloseOutOfPhase,
            DrainRequested => Rule.DrainSetup,
            CloseRequested => Rule.Close,
            CloseReceived => Rule.CloseAsPeer,
            CloseSent => Rule.RefuseTooEarly,
            DeadlineElapsed => Rule.Elapse,
            TransportLost => Rule.Fail,
            ScopeLeft => Rule.Fail,
        },
        ProcessingReady or Degraded => kind switch
        {
            UpgradeAccepted => Rule.RefuseRepeated,
            UpgradeFailed => Rule.RefuseTooLate,
            HelloReceived => Rule.CloseRepeatedHello,
            AuthenticationSucceeded or AuthenticationFailed or AttachSucceeded or AttachFailed => Rule.RefuseStale,
            GatesChanged => Rule.ReflectGates,
            WriteBlocked => Rule.BlockWrite,
            WriteUnblocked => Rule.UnblockWrite,
            RefreshReceived => Rule.BeginRefresh,
            RefreshSucceeded => Rule.FinishRefresh,
            RefreshFailed => Rule.RefuseRefresh,
            ByeReceived => Rule.EndInput,
            DrainRequested => Rule.Drain,
            CloseRequested => Rule.Close,
            CloseReceived => Rule.CloseAsPeer,
            CloseSent => Rule.RefuseTooEarly,
            DeadlineElapsed => Rule.Elapse,
            TransportLost => Rule.Fail,
            ScopeLeft => Rule.Fail,
        },
        Draining => kind switch
        {
            UpgradeAccepted => Rule.RefuseRepeated,
            UpgradeFailed => Rule.RefuseTooLate,
            HelloReceived => Rule.CloseRepeatedHello,
            AuthenticationSucceeded or AuthenticationFailed or AttachSucceeded or AttachFailed => Rule.RefuseStale,
            GatesChanged => Rule.TellGates,
            WriteBlocked => Rule.BlockWrite,
            WriteUnblocked => Rule.UnblockWrite,
            RefreshReceived => Rule.BeginRefresh,
            RefreshSucceeded => Rule.FinishRefresh,
            RefreshFailed => Rule.RefuseRefresh,
            ByeReceived => Rule.EndInput,
            DrainRequested => Rule.DrainAgain,
            CloseRequested => Rule.Close,
            CloseReceived => Rule.CloseAsPeer,
            CloseSent => Rule.RefuseTooEarly,
            DeadlineElapsed => Rule.Elapse,
            TransportLost => Rule.Fail,
            ScopeLeft => Rule.Fail,
        },
        Closing => kind switch
        {
            UpgradeAccepted or HelloReceived => Rule.RefuseTooLate,
            UpgradeFailed or GatesChanged or WriteBlocked or WriteUnblocked or RefreshReceived or ByeReceived or DrainRequested => Rule.RefuseTooLate,
            AuthenticationSucceeded or AuthenticationFailed => Rule.SettleAuthentication,
            AttachSucceeded or AttachFailed => Rule.SettleAttach,
            RefreshSucceeded or RefreshFailed => Rule.RefuseStale,
            // Closing has one reason: the first wins.
            CloseRequested => Rule.RefuseTooLate,
            CloseReceived => Rule.FinishPeerClose,
            CloseSent => Rule.FinishClose,
            DeadlineElapsed => Rule.Elapse,
            TransportLost => Rule.Fail,
            ScopeLeft => Rule.Fail,
        },
        Closed or Failed => kind switch
        {
            AuthenticationSucceeded or AuthenticationFailed => Rule.SettleAuthentication,
            AttachSucceeded or AttachFailed => Rule.SettleAttach,
            UpgradeAccepted or UpgradeFailed or HelloReceived or GatesChanged or WriteBlocked or WriteUnblocked or RefreshReceived or RefreshSucceeded or RefreshFailed
                or ByeReceived or DrainRequested or CloseRequested or CloseReceived or CloseSent or DeadlineElapsed or TransportLost or ScopeLeft => Rule.RefuseTerminal,
        },
    };
#pragma warning restore CS8524
}
