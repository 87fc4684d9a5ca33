using System.Diagnostics;
using Airlock.Core;

namespace Airlock;

/// <summary>Runs the turns of an endpoint's sessions: one after another within a session, whoever is connected.</summary>
internal sealed class TurnProcessor
{
    private readonly Endpoint _endpoint;
    private readonly AirlockServer _server;

    internal TurnProcessor(Endpoint endpoint, AirlockServer server)
    {
        _endpoint = endpoint;
        _server = server;
    }

    /// <summary>Called after something was stored: makes sure that somebody handles it.</summary>
    internal async ValueTask WakeAsync(ISessionLog log)
    {
        if (await log.TryLeaseAsync())
        {
            _server.Spawner.Start(() => RunAsync(log));
        }
        else
        {
            // It has to wait for the turn before it: let the client know that it is stored.
            log.AnnouncePositions();
        }
    }

    private async Task RunAsync(ISessionLog log)
    {
        try
        {
            while (!_server.Stopping.IsCancellationRequested)
            {
                // Not disposed: the wish to stop may come at the very moment the turn ends.
                var stop = new CancellationTokenSource();
                var turn = await log.BeginTryAsync(() => _server.Spawner.Cancel(stop, _server.Logger));
                if (turn is not null)
                {
                    using var stopping = _server.Stopping.Register(() => _server.Spawner.Cancel(stop, _server.Logger));
                    if (await RunTryAsync(log, turn, stop.Token) == TurnOutcome.Retried)
                    {
                        await WaitForNextTryAsync(turn.Number, stop.Token);
                    }
                }
                else if (await log.ReleaseLeaseAsync(always: false))
                {
                    return;
                }
            }

            await log.ReleaseLeaseAsync(always: true);
        }
        catch (Exception e)
        {
            // The driver's edge: nobody awaits this. The lease stays taken, so the session does not go on behind a bug.
            Log.ProcessorFailed(_server.Logger, e);
        }
    }

    private ValueTask<TurnOutcome> RunTryAsync(ISessionLog log, TurnTry @try, CancellationToken stop) =>
        Spans.HasListeners || _endpoint.Metrics is { WatchesTurns: true } ? WatchTryAsync(log, @try, stop) : HandleAsync(log, @try, stop);

    private async ValueTask<TurnOutcome> WatchTryAsync(ISessionLog log, TurnTry @try, CancellationToken stop)
    {
        var metrics = _endpoint.Metrics is { WatchesTurns: true } watching ? watching : null;
        var began = _server.Clock.Now;
        var outcome = TurnOutcome.Interrupted;
        metrics?.BeginTurn(log);
        var span = Spans.BeginTurn(_endpoint, @try, _server.Clock.Time.GetUtcNow());
        // For this method and what it calls: what the handler traces is a part of it.
        Activity.Current = span;
        try
        {
            return outcome = await HandleAsync(log, @try, stop);
        }
        finally
        {
            metrics?.EndTurn(outcome, @try.Number, _server.Clock.Now - began);
            span?.EndTurn(outcome, _server.Clock.Time.GetUtcNow());
        }
    }

    private async ValueTask<TurnOutcome> HandleAsync(ISessionLog log, TurnTry @try, CancellationToken stop)
    {
        var turn = new Turn(log, @try, _endpoint.Options, _endpoint.Json, _endpoint.IsPlain(log), stop);
        try
        {
            if (!@try.Message.StopAsked)
            {
                if (_endpoint.Options.WaitsForGates && !_server.Gates.Status.RequiredOpen)
                {
                    // Held with its try begun, so that a stop or the end of the session ends the wait too.
                    log.AnnouncePositions();
                    await _server.Gates.RequiredOpenAsync(stop);
                }

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
            return TurnOutcome.Interrupted;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            turn.Finish();
            return await CommitAsync(log, @try, [], stopped: true);
        }
        catch (Exception e)
        {
            var last = @try.Number >= _endpoint.Options.TriesMax;
            Log.TryFailed(_server.Logger, e, @try.Message.Id, @try.Number, _endpoint.Options.TriesMax);
            turn.Finish();
            await log.FailAsync(@try, last ? "handler_failed" : null);
            return last ? TurnOutcome.Failed : TurnOutcome.Retried;
        }

        return await CommitAsync(log, @try, turn.Finish(), stopped: @try.Message.StopAsked);
    }

    private async ValueTask<TurnOutcome> CommitAsync(ISessionLog log, TurnTry @try, IReadOnlyList<ReadOnlyMemory<byte>> replies, bool stopped)
    {
        try
        {
            TurnVerdict verdict;
            while ((verdict = await log.CommitAsync(@try, replies, stopped)) == TurnVerdict.Full)
            {
                await log.RoomAsync(_server.Stopping);
            }

            return stopped || verdict == TurnVerdict.Fenced ? TurnOutcome.Stopped : TurnOutcome.Finished;
        }
        catch (OperationCanceledException) when (_server.Stopping.IsCancellationRequested)
        {
            await log.FailAsync(@try, nack: null);
            return TurnOutcome.Interrupted;
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
}
