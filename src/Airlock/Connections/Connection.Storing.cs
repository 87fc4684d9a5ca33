using Airlock.Core;

namespace Airlock;

/// <summary>What the session's store is asked, and what becomes of the connection if it throws, does not answer, or says that somebody else has the session now.</summary>
internal sealed partial class Connection
{
    private volatile bool _isHandling;
    private volatile int _handled;
    private volatile bool _isSessionSought;
    private long _storeAnsweredAt;

    /// <summary>Handles a message of the reader's. That it does so is known before the store is asked, which may not even give the thread back.</summary>
    private async ValueTask HandleAsync(ReadOnlyMemory<byte> message)
    {
        _isHandling = true;
        await GuardStoreAsync(_request.IsPlain ? HandlePlainAsync(message) : HandleMessageAsync(message));
        _handled++;
        _isHandling = false;
    }

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
        var verdict = appending.IsCompletedSuccessfully ? appending.Result : await InTimeAsync(appending);
        if (verdict == AppendVerdict.Repeat)
        {
            RepeatPositions();
        }

        CloseFor(Reception.CauseOf(verdict));
        return verdict == AppendVerdict.Stored;
    }

    /// <returns>Whether the connection goes on.</returns>
    private async ValueTask<bool> AcknowledgeAsync(AttachOutcome serving, long sequence)
    {
        var acknowledging = serving.Log!.AcknowledgeAsync(serving.Generation, sequence);
        var verdict = acknowledging.IsCompletedSuccessfully ? acknowledging.Result : await InTimeAsync(acknowledging);
        CloseFor(Reception.CauseOf(verdict));
        NoteRest();
        return verdict == AckVerdict.Applied;
    }

    /// <summary>Plain mode: the client says nothing of what it has, so what is sent counts as received.</summary>
    private async ValueTask AcknowledgeSentAsync(AttachOutcome serving, long sequence) => await AcknowledgeAsync(serving, sequence);

    /// <summary>A wish that carries nothing which could be refused: it is heard, or it is not this connection's any more.</summary>
    private async ValueTask WishAsync(ValueTask<AttachmentVerdict> wish)
    {
        CloseFor(Reception.CauseOf(wish.IsCompletedSuccessfully ? wish.Result : await InTimeAsync(wish)));
    }

    private ValueTask<bool> WakeAsync(ISessionLog log) => InTimeAsync(_endpoint.Turns.WakeAsync(log));

    /// <summary>Makes the next message to send; null if there is none. What it is made of the store gives.</summary>
    private ReadOnlyMemory<byte>? Compose(FrameWriter writer)
    {
        var message = Compose(writer, out var failure, out var sent);
        if (sent > 0)
        {
            _ = GuardStoreAsync(AcknowledgeSentAsync(_attached!, sent)).AsTask();
        }

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

    private async ValueTask EndInputAsync(AttachOutcome attached) => await WishAsync(attached.Log!.EndInputAsync(attached.Generation));

    /// <summary>Gives the session back, and in plain mode ends it. A store that fails is asked again for a while: a session that is believed attached does not expire.</summary>
    private async ValueTask DetachAsync(AttachOutcome attached, ConnectionEnd end)
    {
        const int TriesMax = 10;
        for (var failures = 1; ; failures++)
        {
            try
            {
                await attached.Log!.DetachAsync(attached.Generation, end);
                if (_request.IsPlain)
                {
                    await attached.Log.EndAsync(end.Reason);
                }

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
        try
        {
            alarm.Set(_server.Clock.Now + timeout.Ticks);
            _ = Answer.NoteAsync(asked, first);
            if (await first.Task)
            {
                return await asked;
            }
        }
        finally
        {
            Interlocked.Exchange(ref _storeAnsweredAt, _server.Clock.Now);
            alarm.Retire();
        }

        throw new TimeoutException($"The session store has not answered within {timeout}.");
    }
}
