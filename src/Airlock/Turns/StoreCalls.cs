using System.Diagnostics;
using Airlock.Core;

namespace Airlock;

/// <summary>What a processor asks its session's store. A processor that gave up would leave its session silent for ever, so it asks again; and while no answer comes, the client is told.</summary>
internal sealed class StoreCalls(ServerScope server, TimeSpan timeout)
{
    /// <summary>How long to leave a store alone that has failed so often in a row.</summary>
    internal static TimeSpan DelayAfter(int failures) => TimeSpan.FromMilliseconds(Math.Min(30_000, 100.0 * (1L << Math.Min(20, failures - 1))));

    /// <summary>Asks until there is an answer. While there is none, the client is told, as it is of an answer that does not come.</summary>
    internal async ValueTask<T> InsistAsync<TRun, TState, T>(TRun run, TState state, Func<TRun, TState, ValueTask<T>> ask)
        where TRun : class, ITurnRun
    {
        DeadlineQueue.Alarm? failing = null;
        try
        {
            for (var failures = 1; ; failures++)
            {
                try
                {
                    return await WatchAsync(run, ask(run, state));
                }
                catch (Exception e) when (!server.Stopping.IsCancellationRequested && e is not UnreachableException)
                {
                    Log.ProcessorStoreFailed(server.Platform.Logger, e);
                    failing ??= Watch(run);
                    run.Wait();
                    await RestAsync(failures);
                }
            }
        }
        finally
        {
            failing?.Retire();
        }
    }

    /// <summary>
    /// Waits for an answer. If it does not come in the time that an attach has, the client's connection closes with <see cref="CloseReason.StoreUnavailable"/>, and so does each
    /// that it makes meanwhile: a connection whose messages nobody can handle is no connection. The answer is waited for all the same.
    /// </summary>
    internal ValueTask<T> WatchAsync<T>(ITurnRun run, ValueTask<T> answer) => answer.IsCompleted ? answer : WatchLongAsync(run, answer);

    /// <summary>As above, for a handler: its own wait ends with its turn, whatever the store does.</summary>
    internal ValueTask<T> WatchAsync<T>(ITurnRun run, ValueTask<T> answer, CancellationToken stop) =>
        answer.IsCompleted ? answer : WatchLongAsync(run, Answer.UntilAsync(answer, stop));

    /// <summary>Tells the client that the store cannot be reached: its connection closes, and it comes back.</summary>
    internal async Task RevokeAsync(ISessionLog log)
    {
        try
        {
            await log.RevokeAsync(CloseReason.StoreUnavailable, retryAfter: null);
        }
        catch (Exception e)
        {
            Log.ProcessorStoreFailed(server.Platform.Logger, e);
        }
    }

    /// <summary>Leaves the store alone for a while; ends early when the process stops.</summary>
    internal async Task RestAsync(int failures)
    {
        try
        {
            await Task.Delay(DelayAfter(failures), server.Platform.Clock.Time, server.Stopping);
        }
        catch (OperationCanceledException)
        {
            // Whoever waits sees it.
        }
    }

    private async ValueTask<T> WatchLongAsync<T>(ITurnRun run, ValueTask<T> answer)
    {
        var alarm = Watch(run);
        try
        {
            return await answer;
        }
        finally
        {
            alarm.Retire();
        }
    }

    private DeadlineQueue.Alarm Watch(ITurnRun run)
    {
        DeadlineQueue.Alarm? alarm = null;
        alarm = server.Platform.Deadlines.NewAlarm(() =>
        {
            Log.ProcessorStoreHangs(server.Platform.Logger, timeout);
            _ = RevokeAsync(run.Log);
            alarm!.Set(server.Platform.Clock.Now + timeout.Ticks);
        });
        alarm.Set(server.Platform.Clock.Now + timeout.Ticks);
        return alarm;
    }
}
