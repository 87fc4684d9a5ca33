using Airlock.Core;

namespace Airlock;

/// <summary>What a processor asks its session's store. A processor that gave up would leave its session silent for ever, so it asks again; and while no answer comes, the client is told.</summary>
internal sealed class StoreCalls(Endpoint endpoint, AirlockServer server)
{
    /// <summary>How long to leave a store alone that has failed so often in a row.</summary>
    internal static TimeSpan DelayAfter(int failures) => TimeSpan.FromMilliseconds(Math.Min(30_000, 100.0 * (1L << Math.Min(20, failures - 1))));

    /// <summary>Asks until there is an answer.</summary>
    internal async ValueTask<T> InsistAsync<T>(TurnRun run, Func<TurnRun, ValueTask<T>> ask)
    {
        for (var failures = 1; ; failures++)
        {
            try
            {
                return await WatchAsync(run, ask(run));
            }
            catch (Exception e) when (!server.Stopping.IsCancellationRequested && e is not System.Diagnostics.UnreachableException)
            {
                Log.ProcessorStoreFailed(server.Logger, e);
                run.Wait();
                await RestAsync(failures);
            }
        }
    }

    /// <summary>Waits for an answer. If it does not come in the time that an attach has, the client's connection closes with <see cref="CloseReason.StoreUnavailable"/>; the answer is waited for all the same.</summary>
    internal ValueTask<T> WatchAsync<T>(TurnRun run, ValueTask<T> answer) => answer.IsCompleted ? answer : WatchLongAsync(run, answer);

    /// <summary>Leaves the store alone for a while; ends early when the process stops.</summary>
    internal async Task RestAsync(int failures)
    {
        try
        {
            await Task.Delay(DelayAfter(failures), server.Clock.Time, server.Stopping);
        }
        catch (OperationCanceledException)
        {
            // Whoever waits sees it.
        }
    }

    private async ValueTask<T> WatchLongAsync<T>(TurnRun run, ValueTask<T> answer)
    {
        var alarm = server.Deadlines.NewAlarm(() => _ = TellAsync(run.Log));
        alarm.Set(server.Clock.Now + endpoint.Options.Timeouts.Attach.Ticks);
        try
        {
            return await answer;
        }
        finally
        {
            alarm.Retire();
        }
    }

    private async Task TellAsync(ISessionLog log)
    {
        try
        {
            Log.ProcessorStoreHangs(server.Logger, endpoint.Options.Timeouts.Attach);
            await log.RevokeAsync(CloseReason.StoreUnavailable, retryAfter: null);
        }
        catch (Exception e)
        {
            Log.ProcessorStoreFailed(server.Logger, e);
        }
    }
}
