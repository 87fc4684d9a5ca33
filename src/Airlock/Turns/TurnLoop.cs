using System.Diagnostics;
using Airlock.Core;

namespace Airlock;

/// <summary>Handles what is stored of one session, one message after another, from the lease to its release.</summary>
/// <remarks>
/// What turns have committed is told to the attachment in one flush: turns that take no time are told of together, in one message. A turn that takes some keeps nothing back:
/// what those before it committed is flushed beside it.
/// </remarks>
internal sealed class TurnLoop : IThreadPoolWorkItem, ITurnRun
{
    /// <summary>So many turns are told of together at most, or the client would wait for its window of 64.</summary>
    private const int UnflushedMax = 32;

    private readonly EndpointScope _endpoint;
    private readonly StoreCalls _store;
    // When a thread was asked for, in ticks of the server's clock.
    private readonly long _askedAt;
    private TurnTry? _try;
    private TurnTry? _toStop;
    private CancellationTokenSource? _stop;
    private int _unflushed;
    private volatile bool _isFlushedSoon;

    /// <param name="endpoint">Whose handler is called.</param>
    /// <param name="store">How the store is asked.</param>
    /// <param name="log">The session.</param>
    internal TurnLoop(EndpointScope endpoint, StoreCalls store, ISessionLog log)
    {
        _endpoint = endpoint;
        _store = store;
        _askedAt = endpoint.Server.Platform.Clock.Now;
        StopAsked = Stop;
        Log = log;
    }

    /// <inheritdoc/>
    public ISessionLog Log { get; }

    /// <inheritdoc/>
    public Lock Lock { get; } = new();

    /// <inheritdoc/>
    public List<ReadOnlyMemory<byte>> Staged { get; } = new(1);

    /// <summary>The store's word that a try is to be stopped; it may come before the try is known here, and after it is over.</summary>
    internal Action<TurnTry> StopAsked { get; }

    private ServerScope Server => _endpoint.Server;

    /// <summary>Called on the thread that was asked for.</summary>
    public void Execute() => _ = RunAsync();

    /// <inheritdoc/>
    public void Wait() => Flush(turnWaits: true);

    /// <summary>Handles what is stored until there is nothing left. Never throws.</summary>
    private async Task RunAsync()
    {
        _endpoint.NoteThreadWait(_askedAt);
        // From before the first handler is called, since one may block and look at nothing but its token.
        using var stopping = Server.StoppingFor(Log).UnsafeRegister(static run => ((TurnLoop)run!).StopCurrent(), this);
        try
        {
            while (!Server.Stopping.IsCancellationRequested)
            {
                if (await _store.InsistAsync(this, this, static (run, _) => run.Log.BeginTryAsync(run.StopAsked)) is { } turn)
                {
                    var stop = Begin(turn);
                    if (await RunTryAsync(turn, stop) == TurnOutcome.Retried)
                    {
                        Wait();
                        await WaitForNextTryAsync(turn.Number, stop);
                    }
                }
                else
                {
                    Flush();
                    if (await _store.InsistAsync(this, this, static (run, _) => run.Log.ReleaseLeaseAsync(always: false)))
                    {
                        return;
                    }
                }
            }

            Flush();
            await Log.ReleaseLeaseAsync(always: true);
        }
        catch (Exception e)
        {
            // The driver's edge: nobody awaits this. The lease stays taken, so the session does not go on behind a bug.
            Airlock.Log.ProcessorFailed(Server.Platform.Logger, e);
        }
    }

    private ValueTask<TurnOutcome> RunTryAsync(TurnTry @try, CancellationToken stop) =>
        Spans.HasListeners || _endpoint.Metrics is { WatchesTurns: true } ? WatchTryAsync(@try, stop) : HandleAsync(@try, stop);

    private async ValueTask<TurnOutcome> WatchTryAsync(TurnTry @try, CancellationToken stop)
    {
        var metrics = _endpoint.Metrics is { WatchesTurns: true } watching ? watching : null;
        var began = Server.Platform.Clock.Now;
        var outcome = TurnOutcome.Interrupted;
        metrics?.BeginTurn(Log);
        var span = Spans.BeginTurn(_endpoint.Name, @try, Server.Platform.Clock.Time.GetUtcNow());
        // For this method and what it calls: what the handler traces is a part of it.
        Activity.Current = span;
        try
        {
            return outcome = await HandleAsync(@try, stop);
        }
        finally
        {
            metrics?.EndTurn(outcome, @try.Number, Server.Platform.Clock.Now - began);
            span?.EndTurn(outcome, Server.Platform.Clock.Time.GetUtcNow());
        }
    }

    private async ValueTask<TurnOutcome> HandleAsync(TurnTry @try, CancellationToken stop)
    {
        var turn = new Turn(_endpoint.Json, _endpoint.Options.StagedBytesMax, _endpoint.IsPlain(Log), _store, this, @try, stop);
        try
        {
            if (!@try.Message.StopAsked)
            {
                if (_endpoint.Options.WaitsForGates && !Server.Gates.Status.RequiredOpen)
                {
                    // Held with its try begun, so that a stop or the end of the session ends the wait too.
                    Wait();
                    await Server.Gates.RequiredOpenAsync(stop);
                }

                if (Server.TurnPlaces is { } places)
                {
                    await HandleInPlaceAsync(places, turn, stop);
                }
                else
                {
                    await CallAsync(turn, stop);
                }
            }
        }
        catch (OperationCanceledException) when (Server.Stopping.IsCancellationRequested)
        {
            turn.Finish();
            await FailAsync(@try, nack: null);
            return TurnOutcome.Interrupted;
        }
        catch (OperationCanceledException e) when (stop.IsCancellationRequested || e.CancellationToken == stop)
        {
            // Also where the store has said so first, and the stop itself is still on its way: no failure of the handler's.
            turn.Finish();
            return await CommitAsync(@try, [], stopped: true);
        }
        catch (Exception e)
        {
            var isExhausted = @try.Number >= _endpoint.Options.TriesMax;
            // What the store does not take is no fault of the handler's: the message is not given up for it.
            var last = isExhausted && !turn.HasStoreFailed;
            Airlock.Log.TryFailed(Server.Platform.Logger, e, @try.Message.Id, @try.Number, _endpoint.Options.TriesMax);
            turn.Finish();
            await FailAsync(@try, last ? "handler_failed" : null);
            if (isExhausted && !last)
            {
                await _store.RevokeAsync(Log);
            }

            return last ? TurnOutcome.Failed : TurnOutcome.Retried;
        }

        return await CommitAsync(@try, turn.Finish(), stopped: @try.Message.StopAsked);
    }

    /// <summary>Holds a place while the handler runs; only then, so that neither a gate nor a client that is slow to acknowledge keeps one.</summary>
    private async Task HandleInPlaceAsync(TurnPlaces places, Turn turn, CancellationToken stop)
    {
        if (!places.TryEnter())
        {
            Wait();
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
            await CallAsync(turn, stop);
        }
        finally
        {
            places.Leave();
        }
    }

    private Task CallAsync(Turn turn, CancellationToken stop)
    {
        var handling = _endpoint.Handler(turn, stop) ?? throw new InvalidOperationException("The handler returned null where it must return a task.");
        if (!handling.IsCompleted)
        {
            Wait();
        }

        return handling;
    }

    private ValueTask<TurnVerdict> FailAsync(TurnTry @try, string? nack) =>
        _store.InsistAsync(this, (@try, nack), static (run, failed) => run.Log.FailAsync(failed.@try, failed.nack));

    private async ValueTask<TurnOutcome> CommitAsync(TurnTry @try, IReadOnlyList<ReadOnlyMemory<byte>> replies, bool stopped)
    {
        try
        {
            TurnVerdict verdict;
            // If the store fails, whether it was done nobody can know. Asked again, a store that did it says that this try is over; what the handler did is not done twice.
            while ((verdict = await _store.InsistAsync(this, (@try, replies, stopped), static (run, done) => run.Log.CommitAsync(done.@try, done.replies, done.stopped))) == TurnVerdict.Full)
            {
                // Told of what is there, the client makes room.
                Wait();
                await RoomAsync();
            }

            Interlocked.Increment(ref _unflushed);
            return stopped || verdict == TurnVerdict.Fenced ? TurnOutcome.Stopped : TurnOutcome.Finished;
        }
        catch (OperationCanceledException) when (Server.Stopping.IsCancellationRequested)
        {
            await FailAsync(@try, nack: null);
            return TurnOutcome.Interrupted;
        }
    }

    /// <summary>Waits for the client to make room, for as long as it takes.</summary>
    private async ValueTask RoomAsync()
    {
        try
        {
            await Log.RoomAsync(Server.Stopping);
        }
        catch (Exception e) when (!Server.Stopping.IsCancellationRequested)
        {
            // Whether there is room the next commit tells.
            Airlock.Log.ProcessorStoreFailed(Server.Platform.Logger, e);
            await _store.RestAsync(failures: 1);
        }
    }

    private async Task WaitForNextTryAsync(int tries, CancellationToken stop)
    {
        var delay = Math.Min(TimeSpan.FromMinutes(1).Ticks, _endpoint.Options.TryDelay.Ticks * (double)(1L << Math.Min(20, tries - 1)));
        try
        {
            await Task.Delay(TimeSpan.FromTicks((long)delay), Server.Platform.Clock.Time, stop);
        }
        catch (OperationCanceledException)
        {
            // Stopped while waiting: the next try sees it.
        }
    }

    /// <summary>A try begins.</summary>
    /// <returns>What tells it to stop.</returns>
    internal CancellationToken Begin(TurnTry turn)
    {
        FlushSoon();
        // Not disposed: the wish to stop may come at the very moment the turn ends.
        var stop = new CancellationTokenSource();
        bool isAsked;
        lock (Lock)
        {
            (_try, _stop) = (turn, stop);
            Staged.Clear();
            isAsked = ReferenceEquals(turn, _toStop) || Server.Stopping.IsCancellationRequested;
        }

        if (isAsked)
        {
            Server.Platform.Spawner.Cancel(stop, Server.Platform.Logger);
        }

        return stop.Token;
    }

    /// <summary>The process ends, and with it the try that runs now; one that begins later sees it for itself.</summary>
    private void StopCurrent()
    {
        CancellationTokenSource? stop;
        lock (Lock)
        {
            stop = _stop;
        }

        if (stop is not null)
        {
            Server.Platform.Spawner.Cancel(stop, Server.Platform.Logger);
        }
    }

    private void Stop(TurnTry turn)
    {
        CancellationTokenSource? stop;
        lock (Lock)
        {
            _toStop = turn;
            stop = ReferenceEquals(turn, _try) ? _stop : null;
        }

        if (stop is not null)
        {
            Server.Platform.Spawner.Cancel(stop, Server.Platform.Logger);
        }
    }

    /// <summary>Tells the attachment what was committed since the last flush, if anything was, or that the turn takes a while. If the store cannot, nobody knows what the client has not heard: it comes back, and hears it then.</summary>
    private void Flush(bool turnWaits = false)
    {
        if (Interlocked.Exchange(ref _unflushed, 0) == 0 && !turnWaits)
        {
            return;
        }

        try
        {
            Log.Announce(turnWaits);
        }
        catch (Exception e)
        {
            Airlock.Log.ProcessorStoreFailed(Server.Platform.Logger, e);
            _ = _store.RevokeAsync(Log);
        }
    }

    /// <summary>The next handler may run long, so a flush is queued now; if this loop flushes first, the queued one finds nothing to do.</summary>
    private void FlushSoon()
    {
        var unflushed = Volatile.Read(ref _unflushed);
        if (unflushed >= UnflushedMax)
        {
            Flush();
        }
        else if (unflushed > 0 && !_isFlushedSoon)
        {
            _isFlushedSoon = true;
            Server.Platform.Spawner.Start(() =>
            {
                _isFlushedSoon = false;
                Flush();
                return Task.CompletedTask;
            });
        }
    }
}
