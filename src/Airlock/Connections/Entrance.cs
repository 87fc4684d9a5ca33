using System.Net.WebSockets;
using Airlock.Core;

namespace Airlock;

/// <summary>Whether a connection is let in: the limits of its address and of a server that goes away, the upgrade, and how somebody is turned away, by HTTP or, where a browser could not read that, by a close frame.</summary>
internal sealed class Entrance(ConnectionScope scope, Mailbox mailbox, SocketSender sender, PeerWatch watch, Announcer announcer, Admission admission)
{
    private const string RefusedKey = "refused";
    // Null once the lifecycle takes the upgrade; else why it is refused.
    private readonly TaskCompletionSource<(CloseReason Reason, TimeSpan? RetryAfter)?> _verdict = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isCounted;
    private bool _isHeldToRefuse;

    /// <summary>Lets the connection in, or refuses it.</summary>
    /// <returns>The socket to read from; null if the connection is over.</returns>
    internal async Task<WebSocket?> OpenAsync()
    {
        var request = scope.Request;
        _isCounted = request.Address is not null && scope.Endpoint.AddressLimit.TryEnter(request.Address);
        var refused = request.Refuse ?? (scope.Server.Drain.HasBegun ? CloseReason.Draining : _isCounted || request.Address is null ? null : CloseReason.AddressLimit);
        _isHeldToRefuse = refused is not null && request.AcceptToRefuse && scope.Server.AcceptedToRefuse.TryEnter(RefusedKey);
        if (refused is not null && !_isHeldToRefuse)
        {
            mailbox.Post(LifecycleEvent.CloseRequested(refused, RetryAfter(refused)));
        }

        if (_verdict.Task is { IsCompleted: true, Result: var (reason, retryAfter) })
        {
            await RefuseAsync(reason, retryAfter);
            return null;
        }

        return await AcceptAsync(refused);
    }

    /// <summary>The lifecycle refuses the upgrade.</summary>
    internal void NoteRefused(CloseReason reason, TimeSpan? retryAfter) => _verdict.TrySetResult((reason, retryAfter));

    /// <summary>The lifecycle was told of the upgrade, and has taken it, or was over before.</summary>
    internal void NoteUpgraded(bool isTaken) => _verdict.TrySetResult(isTaken ? null : (CloseReason.InternalError, null));

    /// <summary>Gives back the places that the connection had.</summary>
    internal void Leave()
    {
        if (_isCounted)
        {
            scope.Endpoint.AddressLimit.Leave(scope.Request.Address!);
        }

        if (_isHeldToRefuse)
        {
            scope.Server.AcceptedToRefuse.Leave(RefusedKey);
        }
    }

    private async ValueTask RefuseAsync(CloseReason reason, TimeSpan? retryAfter)
    {
        try
        {
            await scope.Request.Upgrade.RefuseAsync(reason, retryAfter);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The client is gone; there is nobody to tell.
        }
        catch (Exception e)
        {
            // Whatever stands before this in the application has begun an answer of its own, or lets none be written.
            Log.RefusalFailed(scope.Platform.Logger, e, scope.Id, reason.Cause);
        }
    }

    private async Task<WebSocket?> AcceptAsync(CloseReason? refused)
    {
        WebSocket socket;
        try
        {
            socket = await scope.Request.Upgrade.AcceptAsync(scope.Request.SubProtocol, admission.Cancelled);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The client is gone.
            mailbox.Post(LifecycleEvent.UpgradeFailed());
            return null;
        }
        catch (Exception e)
        {
            // Whatever the host says: its limit of WebSockets, something it cannot do. The upgrade has answered.
            Log.UpgradeFailed(scope.Platform.Logger, e, scope.Id, CloseReason.UpgradeFailed.HttpStatus);
            mailbox.Post(LifecycleEvent.UpgradeFailed(CloseReason.UpgradeFailed));
            return null;
        }

        sender.Begin(socket);
        watch.Watch(scope.Request.Upgrade.Bytes);
        mailbox.Post(LifecycleEvent.UpgradeAccepted());
        if (await _verdict.Task is var (reason, _))
        {
            // The refusal came while the upgrade was under way: too late for HTTP, so the close frame says it.
            await sender.CloseRefusedAsync(reason, ClosingFrame.Of(reason, reason.Code, RetryAfter(reason), hasSession: false), announcer.NewOpen());
            return null;
        }

        if (refused is not null)
        {
            mailbox.Post(LifecycleEvent.CloseRequested(refused, RetryAfter(refused)));
        }
        else if (scope.Request.IsPlain)
        {
            mailbox.Post(LifecycleEvent.HelloReceived(resumeAsked: false));
        }

        return socket;
    }

    private TimeSpan? RetryAfter(CloseReason refused) => RetryHints.ForRefused(refused, scope.Server.Drain.RetryAfter);
}
