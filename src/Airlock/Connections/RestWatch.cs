using Airlock.Core;

namespace Airlock;

/// <summary>Tells whoever waits for it that nothing is under way for the connection: its session has no message that is not done and no answer that is not acknowledged, or the connection closes.</summary>
internal sealed class RestWatch(ConnectionScope scope, Mailbox mailbox, Admission admission)
{
    private volatile TaskCompletionSource? _rest;

    /// <summary>Completes once the connection rests. One caller at a time.</summary>
    internal Task RestAsync()
    {
        var rest = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _rest = rest;
        // Looked at after it is there to be told: a rest that begins in between is not missed.
        Look();
        return rest.Task;
    }

    /// <summary>Called wherever a rest may have begun: when a turn is done, after an acknowledgement, and with the connection's end.</summary>
    internal void Look()
    {
        if (_rest is { } rest && (mailbox.State >= ConnectionState.Closing || ReadPositions() is not { } p || (p.Done == p.Stored && p.Acked == p.Appended)))
        {
            rest.TrySetResult();
        }
    }

    /// <summary>The positions of the session; null if there is none, or its store cannot say. Whoever looks must not fail for it: the end of a connection does.</summary>
    internal SessionPositions? ReadPositions()
    {
        try
        {
            return admission.Session?.Log.Positions;
        }
        catch (Exception e)
        {
            Log.StoreFailed(scope.Platform.Logger, e, scope.Id);
            return null;
        }
    }
}
