using Airlock.Core;

namespace Airlock;

/// <summary>The session while this connection is attached to it: what its store is asked, and which of its answers closes the connection.</summary>
internal sealed class AttachedSession(ConnectionScope scope, Mailbox mailbox, StoreGuard guard, ISessionLog log, AttachOutcome outcome)
{
    internal ISessionLog Log { get; } = log;

    internal AttachOutcome Outcome { get; } = outcome;

    /// <returns>What became of the message. Who stored it wakes the session's turns.</returns>
    internal async ValueTask<AppendVerdict> AppendAsync(long sequence, string id, ReadOnlyMemory<byte> payload, string? traceParent)
    {
        var verdict = await guard.InTimeAsync(Log.AppendAsync(Outcome.Generation, sequence, id, payload, traceParent));
        CloseFor(Reception.CauseOf(verdict));
        return verdict;
    }

    /// <returns>Whether the connection goes on.</returns>
    internal async ValueTask<bool> AcknowledgeAsync(long sequence)
    {
        var verdict = await guard.InTimeAsync(Log.AcknowledgeAsync(Outcome.Generation, sequence));
        CloseFor(Reception.CauseOf(verdict));
        return verdict == AckVerdict.Applied;
    }

    internal async ValueTask StopAsync(long sequence) => await WishAsync(Log.StopAsync(Outcome.Generation, sequence));

    /// <summary>The client's bye. If the store does not hear it, the client has to say it again on its next connection.</summary>
    internal async ValueTask EndInputAsync() => await WishAsync(Log.EndInputAsync(Outcome.Generation));

    /// <summary>Makes sure that somebody handles what is stored.</summary>
    internal ValueTask<bool> WakeAsync() => guard.InTimeAsync(scope.Turns.WakeAsync(Log));

    /// <summary>Gives the session back, and in plain mode ends it. Nobody waits for it. A store that fails is asked again for a while: a session that is believed attached does not expire.</summary>
    internal async Task ReleaseAsync(ConnectionEnd end)
    {
        const int TriesMax = 10;
        for (var tries = 1; tries <= TriesMax; tries++)
        {
            try
            {
                await Log.DetachAsync(Outcome.Generation, end);
                if (scope.Request.IsPlain)
                {
                    await Log.EndAsync(end.Reason);
                }

                return;
            }
            catch (Exception e)
            {
                Airlock.Log.StoreFailed(scope.Platform.Logger, e, scope.Id);
            }

            if (tries < TriesMax)
            {
                await Task.Delay(StoreCalls.DelayAfter(tries), scope.Platform.Clock.Time);
            }
        }
    }

    /// <summary>A wish that carries nothing which could be refused: it is heard, or it is not this connection's any more.</summary>
    private async ValueTask WishAsync(ValueTask<AttachmentVerdict> wish) => CloseFor(Reception.CauseOf(await guard.InTimeAsync(wish)));

    private void CloseFor(CloseReason? reason)
    {
        if (reason is not null)
        {
            mailbox.Post(LifecycleEvent.CloseRequested(reason));
        }
    }
}
