using System.Diagnostics;
using Airlock.Core;

namespace Airlock;

/// <summary>Runs the turns of an endpoint's sessions: one after another within a session, whoever is connected.</summary>
internal sealed class TurnProcessor
{
    private readonly Endpoint _endpoint;
    private readonly AirlockServer _server;
    private readonly StoreCalls _store;

    internal TurnProcessor(Endpoint endpoint, AirlockServer server)
    {
        _endpoint = endpoint;
        _server = server;
        _store = new StoreCalls(endpoint, server);
    }

    /// <summary>Called after something was stored: makes sure that somebody handles it.</summary>
    internal async ValueTask WakeAsync(ISessionLog log)
    {
        if (await log.TryLeaseAsync())
        {
            _server.Platform.Spawner.Start(new TurnRun(this, _server, log, _server.Platform.Clock.Now));
        }
    }

    /// <summary>Handles what is stored until there is nothing left. Never throws.</summary>
    internal async Task RunAsync(TurnRun run)
    {
        var log = run.Log;
        _endpoint.NoteThreadWait(run.AskedAt);
        // From before the first handler is called, since one may block and look at nothing but its token.
        using var stopping = _server.StoppingFor(log).UnsafeRegister(static run => ((TurnRun)run!).StopCurrent(), run);
        try
        {
            while (!_server.Stopping.IsCancellationRequested)
            {
                if (await _store.InsistAsync(run, run, static (run, _) => run.Log.BeginTryAsync(run.StopAsked)) is { } turn)
                {
                    var stop = run.Begin(turn);
                    if (await RunTryAsync(run, turn, stop) == TurnOutcome.Retried)
                    {
                        run.Wait();
                        await WaitForNextTryAsync(turn.Number, stop);
                    }
                }
                else
                {
                    run.Tell();
                    if (await _store.InsistAsync(run, run, static (run, _) => run.Log.ReleaseLeaseAsync(always: false)))
                    {
                        return;
                    }
                }
            }

            run.Tell();
            await log.ReleaseLeaseAsync(always: true);
        }
        catch (Exception e)
        {
            // The driver's edge: nobody awaits this. The lease stays taken, so the session does not go on behind a bug.
            Log.ProcessorFailed(_server.Platform.Logger, e);
        }
    }

    private ValueTask<TurnOutcome> RunTryAsync(TurnRun run, TurnTry @try, CancellationToken stop) =>
        Spans.HasListeners || _endpoint.Metrics is { WatchesTurns: true } ? WatchTryAsync(run, @try, stop) : HandleAsync(run, @try, stop);

    private async ValueTask<TurnOutcome> WatchTryAsync(TurnRun run, TurnTry @try, CancellationToken stop)
    {
        var metrics = _endpoint.Metrics is { WatchesTurns: true } watching ? watching : null;
        var began = _server.Platform.Clock.Now;
        var outcome = TurnOutcome.Interrupted;
        metrics?.BeginTurn(run.Log);
        var span = Spans.BeginTurn(_endpoint, @try, _server.Platform.Clock.Time.GetUtcNow());
        // For this method and what it calls: what the handler traces is a part of it.
        Activity.Current = span;
        try
        {
            return outcome = await HandleAsync(run, @try, stop);
        }
        finally
        {
            metrics?.EndTurn(outcome, @try.Number, _server.Platform.Clock.Now - began);
            span?.EndTurn(outcome, _server.Platform.Clock.Time.GetUtcNow());
        }
    }

    private async ValueTask<TurnOutcome> HandleAsync(TurnRun run, TurnTry @try, CancellationToken stop)
    {
        var log = run.Log;
        var turn = new Turn(_endpoint, log, @try, run, stop);
        try
        {
            if (!@try.Message.StopAsked)
            {
                if (_endpoint.Options.WaitsForGates && !_server.Gates.Status.RequiredOpen)
                {
                    // Held with its try begun, so that a stop or the end of the session ends the wait too.
                    run.Wait();
                    await _server.Gates.RequiredOpenAsync(stop);
                }

                if (_server.TurnPlaces is { } places)
                {
                    await HandleInPlaceAsync(places, run, turn, stop);
                }
                else
                {
                    await CallAsync(run, turn, stop);
                }
            }
        }
        catch (OperationCanceledException) when (_server.Stopping.IsCancellationRequested)
        {
            turn.Finish();
            await FailAsync(run, @try, nack: null);
            return TurnOutcome.Interrupted;
        }
        catch (OperationCanceledException e) when (stop.IsCancellationRequested || e.CancellationToken == stop)
        {
            // Also where the store has said so first, and the stop itself is still on its way: no failure of the handler's.
            turn.Finish();
            return await CommitAsync(run, @try, [], stopped: true);
        }
        catch (Exception e)
        {
            var isExhausted = @try.Number >= _endpoint.Options.TriesMax;
            // What the store does not take is no fault of the handler's: the message is not given up for it.
            var last = isExhausted && !turn.HasStoreFailed;
            Log.TryFailed(_server.Platform.Logger, e, @try.Message.Id, @try.Number, _endpoint.Options.TriesMax);
            turn.Finish();
            await FailAsync(run, @try, last ? "handler_failed" : null);
            if (isExhausted && !last)
            {
                await _store.TellAsync(log);
            }

            return last ? TurnOutcome.Failed : TurnOutcome.Retried;
        }

        return await CommitAsync(run, @try, turn.Finish(), stopped: @try.Message.StopAsked);
    }

    /// <summary>Holds a place while the handler runs; only then, so that neither a gate nor a client that is slow to acknowledge keeps one.</summary>
    private async Task HandleInPlaceAsync(TurnPlaces places, TurnRun run, Turn turn, CancellationToken stop)
    {
        if (!places.TryEnter())
        {
            run.Wait();
            _endpoint.Metrics?.CountWaiting(1);
            try
            {
                await places.EnterAsync(_endpoint, stop);
            }
            finally
            {
                _endpoint.Metrics?.CountWaiting(-1);
            }
        }

        try
        {
            await CallAsync(run, turn, stop);
        }
        finally
        {
            places.Leave();
        }
    }

    private Task CallAsync(TurnRun run, Turn turn, CancellationToken stop)
    {
        var handling = _endpoint.Handler(turn, stop) ?? throw new InvalidOperationException("The handler returned null where it must return a task.");
        if (!handling.IsCompleted)
        {
            run.Wait();
        }

        return handling;
    }

    /// <summary>A call of the handler's, made once: asked again, the store might do it twice.</summary>
    internal ValueTask<T> WatchAsync<T>(TurnRun run, ValueTask<T> answer, CancellationToken stop) => _store.WatchAsync(run, answer, stop);

    /// <summary>Tells the attachment. If the store cannot, nobody knows what the client has not heard: it comes back, and hears it then.</summary>
    internal void Announce(TurnRun run, bool turnWaits)
    {
        try
        {
            run.Log.Announce(turnWaits);
        }
        catch (Exception e)
        {
            Log.ProcessorStoreFailed(_server.Platform.Logger, e);
            _ = _store.TellAsync(run.Log);
        }
    }

    private ValueTask<TurnVerdict> FailAsync(TurnRun run, TurnTry @try, string? nack) =>
        _store.InsistAsync(run, (@try, nack), static (run, failed) => run.Log.FailAsync(failed.@try, failed.nack));

    private async ValueTask<TurnOutcome> CommitAsync(TurnRun run, TurnTry @try, IReadOnlyList<ReadOnlyMemory<byte>> replies, bool stopped)
    {
        try
        {
            TurnVerdict verdict;
            // If the store fails, whether it was done nobody can know. Asked again, a store that did it says that this try is over; what the handler did is not done twice.
            while ((verdict = await _store.InsistAsync(run, (@try, replies, stopped), static (run, done) => run.Log.CommitAsync(done.@try, done.replies, done.stopped))) == TurnVerdict.Full)
            {
                // Told of what is there, the client makes room.
                run.Wait();
                await RoomAsync(run.Log);
            }

            run.NoteCommitted();
            return stopped || verdict == TurnVerdict.Fenced ? TurnOutcome.Stopped : TurnOutcome.Finished;
        }
        catch (OperationCanceledException) when (_server.Stopping.IsCancellationRequested)
        {
            await FailAsync(run, @try, nack: null);
            return TurnOutcome.Interrupted;
        }
    }

    /// <summary>Waits for the client to make room, for as long as it takes.</summary>
    private async ValueTask RoomAsync(ISessionLog log)
    {
        try
        {
            await log.RoomAsync(_server.Stopping);
        }
        catch (Exception e) when (!_server.Stopping.IsCancellationRequested)
        {
            // Whether there is room the next commit tells.
            Log.ProcessorStoreFailed(_server.Platform.Logger, e);
            await _store.RestAsync(failures: 1);
        }
    }

    private async Task WaitForNextTryAsync(int tries, CancellationToken stop)
    {
        var delay = Math.Min(TimeSpan.FromMinutes(1).Ticks, _endpoint.Options.TryDelay.Ticks * (double)(1L << Math.Min(20, tries - 1)));
        try
        {
            await Task.Delay(TimeSpan.FromTicks((long)delay), _server.Platform.Clock.Time, stop);
        }
        catch (OperationCanceledException)
        {
            // Stopped while waiting: the next try sees it.
        }
    }
}
