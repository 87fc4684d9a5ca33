using Airlock.Core;

namespace Airlock;

/// <summary>What becomes of the connection if the session's store, which is somebody else's code, throws or does not answer.</summary>
internal sealed class StoreGuard(ConnectionScope scope, Mailbox mailbox, PeerWatch watch)
{
    /// <summary>The store has failed: the connection closes. What it did not store the client sends again.</summary>
    internal void Fail(Exception failure)
    {
        if (failure is TimeoutException)
        {
            // No bug of anybody: a store is slow, or out of reach.
            Log.StoreLate(scope.Platform.Logger, failure, scope.Id);
        }
        else
        {
            Log.StoreFailed(scope.Platform.Logger, failure, scope.Id);
        }

        mailbox.Post(LifecycleEvent.CloseRequested(CloseReason.StoreUnavailable));
    }

    /// <summary>Work that asks the store. Does not throw.</summary>
    internal async ValueTask GuardAsync(ValueTask work)
    {
        try
        {
            await work;
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    internal ValueTask<bool> InTimeAsync(ValueTask call) => call.IsCompletedSuccessfully ? new(true) : InTimeAsync(AnsweredAsync(call));

    /// <summary>Waits for the store, but not for ever. What it answers later nobody hears; the client sends again what was not acknowledged.</summary>
    /// <exception cref="TimeoutException">It has not answered within the time that an attach has.</exception>
    internal ValueTask<T> InTimeAsync<T>(ValueTask<T> call) => call.IsCompletedSuccessfully ? call : InTimeAsync(call.AsTask());

    private static async ValueTask<bool> AnsweredAsync(ValueTask call)
    {
        await call;
        return true;
    }

    private async ValueTask<T> InTimeAsync<T>(Task<T> asked)
    {
        // Set by whichever comes first. Awaited itself, it brings the driver back to its own context; Task.WhenAny would go through the thread pool.
        var first = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        var timeout = scope.Endpoint.Options.Timeouts.Attach;
        var alarm = scope.Platform.Deadlines.NewAlarm(() => first.TrySetResult(false));
        try
        {
            alarm.Set(scope.Platform.Clock.Now + timeout.Ticks);
            _ = Answer.NoteAsync(asked, first);
            if (await first.Task)
            {
                return await asked;
            }
        }
        finally
        {
            watch.NoteStoreAnswered();
            alarm.Retire();
        }

        throw new TimeoutException($"The session store has not answered within {timeout}.");
    }
}
