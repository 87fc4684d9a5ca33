using Airlock.Core;

namespace Airlock;

/// <summary>What the session's store is asked, and what becomes of the connection if it throws, does not answer, or says that somebody else has the session now.</summary>
internal sealed partial class Connection
{
    private int _storeCalls;

    /// <summary>Whether the store is being waited for. Nothing is read meanwhile, so of the peer's silence nothing can be said.</summary>
    private bool IsStoreAwaited => Volatile.Read(ref _storeCalls) > 0;

    /// <summary>The store is somebody else's code. What it did not store the client sends again.</summary>
    private async ValueTask GuardStoreAsync(ValueTask work)
    {
        try
        {
            await work;
        }
        catch (TimeoutException e)
        {
            // No bug of anybody: a store is slow, or out of reach.
            Log.StoreLate(_server.Logger, e, Id);
            Post(LifecycleEvent.CloseRequested(CloseReason.StoreUnavailable));
        }
        catch (Exception e)
        {
            Log.StoreFailed(_server.Logger, e, Id);
            Post(LifecycleEvent.CloseRequested(CloseReason.StoreUnavailable));
        }
    }

    /// <returns>Whether it was stored, and somebody has to be woken to handle it.</returns>
    private async ValueTask<bool> StoreAsync(AttachOutcome serving, long sequence, string id, ReadOnlyMemory<byte> payload, string? traceParent)
    {
        var log = serving.Log!;
        var appending = log.AppendAsync(serving.Generation, sequence, id, payload, traceParent);
        switch (appending.IsCompletedSuccessfully ? appending.Result : await InTimeAsync(appending))
        {
            case AppendVerdict.Stored:
                return true;
            case AppendVerdict.Repeat:
                RepeatPositions();
                break;
            case AppendVerdict.Conflict:
                Post(LifecycleEvent.CloseRequested(CloseReason.SequenceConflict));
                break;
            case AppendVerdict.Gap:
                Post(LifecycleEvent.CloseRequested(CloseReason.SequenceGap));
                break;
            case AppendVerdict.WindowExceeded:
                Post(LifecycleEvent.CloseRequested(CloseReason.WindowExceeded));
                break;
            case AppendVerdict.InputEnded:
                // The client has said that nothing more comes.
                Post(LifecycleEvent.CloseRequested(CloseReason.FrameOutOfPhase));
                break;
            case AppendVerdict.Fenced:
                // Mostly it has been told so already. A store may know it only now, and then nobody else says it.
                Post(LifecycleEvent.CloseRequested(CloseReason.Superseded));
                break;
            case AppendVerdict.Ended:
                // The close with its cause is under way.
                break;
        }

        return false;
    }

    /// <returns>Whether the connection goes on.</returns>
    private async ValueTask<bool> AcknowledgeAsync(AttachOutcome serving, long sequence)
    {
        var acknowledging = serving.Log!.AcknowledgeAsync(serving.Generation, sequence);
        var verdict = acknowledging.IsCompletedSuccessfully ? acknowledging.Result : await InTimeAsync(acknowledging);
        if (verdict is AckVerdict.BeyondAppended or AckVerdict.Backward)
        {
            Post(LifecycleEvent.CloseRequested(CloseReason.AckInvalid));
        }
        else if (verdict == AckVerdict.Fenced)
        {
            Post(LifecycleEvent.CloseRequested(CloseReason.Superseded));
        }

        NoteRest();
        return verdict == AckVerdict.Applied;
    }

    private ValueTask<bool> WakeAsync(ISessionLog log) => InTimeAsync(_endpoint.Turns.WakeAsync(log));

    /// <summary>Makes the next message to send; null if there is none. What it is made of the store gives.</summary>
    private ReadOnlyMemory<byte>? Compose(FrameWriter writer)
    {
        var message = Compose(writer, out var failure);
        if (failure is not null)
        {
            // Not the socket's: the connection would stay, and send nothing more.
            Log.StoreFailed(_server.Logger, failure, Id);
            Post(LifecycleEvent.CloseRequested(CloseReason.StoreUnavailable));
        }

        return message;
    }

    /// <summary>The client's bye. If the store does not hear it, the client has to say it again on its next connection.</summary>
    private void EndInput(AttachOutcome attached) => _ = GuardStoreAsync(EndInputAsync(attached)).AsTask();

    private async ValueTask EndInputAsync(AttachOutcome attached) => await InTimeAsync(attached.Log!.EndInputAsync(attached.Generation));

    /// <summary>Gives the session back. A store that fails is asked again for a while: a session that is believed attached does not expire.</summary>
    private async ValueTask DetachAsync(AttachOutcome attached, ConnectionEnd end)
    {
        const int TriesMax = 10;
        for (var failures = 1; ; failures++)
        {
            try
            {
                await attached.Log!.DetachAsync(attached.Generation, end);
                return;
            }
            catch (Exception e) when (failures < TriesMax)
            {
                Log.StoreFailed(_server.Logger, e, Id);
                await Task.Delay(StoreCalls.DelayAfter(failures), _server.Clock.Time);
            }
        }
    }

    private ValueTask<bool> InTimeAsync(ValueTask call) => call.IsCompletedSuccessfully ? new(true) : InTimeAsync(AnsweredAsync(call));

    private static async ValueTask<bool> AnsweredAsync(ValueTask call)
    {
        await call;
        return true;
    }

    /// <summary>Waits for the store, but not for ever. What it answers later nobody hears; the client sends again what was not acknowledged.</summary>
    /// <exception cref="TimeoutException">It has not answered within the time that an attach has.</exception>
    private async ValueTask<T> InTimeAsync<T>(ValueTask<T> call)
    {
        var asked = call.AsTask();
        // Set by whichever comes first. Awaited itself, it brings the driver back to its own context; Task.WhenAny would go through the thread pool.
        var first = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        var timeout = _endpoint.Options.Timeouts.Attach;
        var alarm = _server.Deadlines.NewAlarm(() => first.TrySetResult(false));
        Interlocked.Increment(ref _storeCalls);
        try
        {
            alarm.Set(_server.Clock.Now + timeout.Ticks);
            _ = NoteAnswerAsync(asked, first);
            if (await first.Task)
            {
                return await asked;
            }
        }
        finally
        {
            Interlocked.Decrement(ref _storeCalls);
            alarm.Retire();
        }

        throw new TimeoutException($"The session store has not answered within {timeout}.");
    }

    private static async Task NoteAnswerAsync(Task asked, TaskCompletionSource<bool> first)
    {
        try
        {
            await asked;
        }
        catch (Exception)
        {
            // Thrown again where the answer is waited for; one that is too late has been told as that.
        }

        first.TrySetResult(true);
    }
}
