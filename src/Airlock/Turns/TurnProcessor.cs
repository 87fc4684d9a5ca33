using Airlock.Core;

namespace Airlock;

/// <summary>Runs the turns of an endpoint's sessions: one after another within a session, whoever is connected.</summary>
internal sealed class TurnProcessor
{
    private readonly Endpoint _endpoint;
    private readonly AirlockServer _server;
    private readonly Lock _lock = new();
    private readonly HashSet<ISessionLog> _waitingForGates = [];

    internal TurnProcessor(Endpoint endpoint, AirlockServer server)
    {
        _endpoint = endpoint;
        _server = server;
        server.Gates.Watch(WakeWaiting);
    }

    /// <summary>Called after something was stored: makes sure that somebody handles it.</summary>
    internal void Wake(ISessionLog log)
    {
        var lease = log.TryLeaseAsync();
        if (lease.IsCompletedSuccessfully && !lease.Result)
        {
            return;
        }

        _server.Spawner.Start(() => RunAsync(log, lease));
    }

    private async Task RunAsync(ISessionLog log, ValueTask<bool> lease)
    {
        try
        {
            if (!await lease)
            {
                return;
            }

            while (true)
            {
                if (_server.Stopping.IsCancellationRequested)
                {
                    await log.ReleaseLeaseAsync(always: true);
                    return;
                }

                if (!_server.Gates.Status.RequiredOpen)
                {
                    await log.ReleaseLeaseAsync(always: true);
                    WaitForGates(log);
                    return;
                }

                // Not disposed: the wish to stop may come at the very moment the turn ends.
                var stop = new CancellationTokenSource();
                var turn = await log.BeginTryAsync(stop.Cancel);
                if (turn is not null)
                {
                    using var stopping = _server.Stopping.Register(stop.Cancel);
                    await RunTryAsync(log, turn, stop.Token);
                }
                else if (await log.ReleaseLeaseAsync(always: false))
                {
                    return;
                }
            }
        }
        catch (Exception e)
        {
            // The driver's edge: nobody awaits this. The lease stays taken, so the session does not go on behind a bug.
            Log.ProcessorFailed(_server.Logger, e);
        }
    }

    private async Task RunTryAsync(ISessionLog log, TurnTry @try, CancellationToken stop)
    {
        var turn = new Turn(log, @try, _endpoint.Options, _endpoint.Json, _endpoint.IsPlain(log), stop);
        try
        {
            if (!stop.IsCancellationRequested)
            {
                var handling = _endpoint.Handler(turn, stop);
                if (!handling.IsCompleted)
                {
                    // The answer takes a while: let the client know that its message is stored.
                    log.AnnouncePositions();
                }

                await handling;
            }
        }
        catch (OperationCanceledException) when (_server.Stopping.IsCancellationRequested)
        {
            turn.Finish();
            await log.FailAsync(@try, nack: null);
            return;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            turn.Finish();
            await CommitAsync(log, @try, [], stopped: true);
            return;
        }
        catch (Exception e)
        {
            var last = @try.Number >= _endpoint.Options.TriesMax;
            Log.TryFailed(_server.Logger, e, @try.Message.Id, @try.Number, _endpoint.Options.TriesMax);
            turn.Finish();
            await log.FailAsync(@try, last ? "handler_failed" : null);
            if (!last)
            {
                await WaitForNextTryAsync(@try.Number, stop);
            }

            return;
        }

        await CommitAsync(log, @try, turn.Finish(), stopped: stop.IsCancellationRequested && !_server.Stopping.IsCancellationRequested);
    }

    private async Task CommitAsync(ISessionLog log, TurnTry @try, IReadOnlyList<ReadOnlyMemory<byte>> replies, bool stopped)
    {
        while (await log.CommitAsync(@try, replies, stopped) == TurnVerdict.Full)
        {
            await log.RoomAsync(_server.Stopping);
        }
    }

    private async Task WaitForNextTryAsync(int tries, CancellationToken stop)
    {
        var delay = Math.Min(TimeSpan.FromMinutes(1).Ticks, _endpoint.Options.TryDelay.Ticks * (double)(1L << Math.Min(20, tries - 1)));
        try
        {
            await Task.Delay(TimeSpan.FromTicks((long)delay), _server.Clock.Time, stop);
        }
        catch (OperationCanceledException)
        {
            // Stopped while waiting: the next try sees it.
        }
    }

    private void WaitForGates(ISessionLog log)
    {
        lock (_lock)
        {
            _waitingForGates.Add(log);
        }

        // The gate may have opened before the session was on the list.
        WakeWaiting();
    }

    private void WakeWaiting()
    {
        if (!_server.Gates.Status.RequiredOpen)
        {
            return;
        }

        ISessionLog[] waiting;
        lock (_lock)
        {
            waiting = [.. _waitingForGates];
            _waitingForGates.Clear();
        }

        foreach (var log in waiting)
        {
            Wake(log);
        }
    }
}
