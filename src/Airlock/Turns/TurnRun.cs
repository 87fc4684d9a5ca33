namespace Airlock;

/// <summary>One processor at work on a session, from the lease to its release: what it has committed and not told yet, and the wish to stop its turn.</summary>
/// <remarks>Turns that take no time are told of together, in one message. A turn that takes some keeps nothing back: what those before it committed is told beside it.</remarks>
internal sealed class TurnRun : IThreadPoolWorkItem
{
    /// <summary>So many are told of together at most, or the client would wait for its window.</summary>
    private const int UntoldMax = 32;

    private readonly TurnProcessor _processor;
    private readonly AirlockServer _server;
    private TurnTry? _try;
    private TurnTry? _toStop;
    private CancellationTokenSource? _stop;
    private int _untold;
    private volatile bool _isToldSoon;

    /// <param name="processor">Who runs the turns.</param>
    /// <param name="server">Its server.</param>
    /// <param name="log">The session.</param>
    /// <param name="askedAt">When a thread was asked for, in ticks of the server's clock.</param>
    internal TurnRun(TurnProcessor processor, AirlockServer server, ISessionLog log, long askedAt)
    {
        AskedAt = askedAt;
        _processor = processor;
        _server = server;
        Log = log;
        StopAsked = Stop;
    }

    internal ISessionLog Log { get; }

    internal long AskedAt { get; }

    /// <summary>Guards the run, and <see cref="Staged"/>. A <see cref="Lock"/>, because a monitor on an object that each message brings along goes the slow way.</summary>
    internal Lock Lock { get; } = new();

    /// <summary>What the turn that runs now has staged: one list for all turns of the run, since they follow one another.</summary>
    internal List<ReadOnlyMemory<byte>> Staged { get; } = new(1);

    /// <summary>The store's word that a try is to be stopped; it may come before the try is known here, and after it is over.</summary>
    internal Action<TurnTry> StopAsked { get; }

    public void Execute() => _ = _processor.RunAsync(this);

    /// <summary>A try begins.</summary>
    /// <returns>What tells it to stop.</returns>
    internal CancellationToken Begin(TurnTry turn)
    {
        TellSoon();
        // Not disposed: the wish to stop may come at the very moment the turn ends.
        var stop = new CancellationTokenSource();
        bool isAsked;
        lock (Lock)
        {
            (_try, _stop) = (turn, stop);
            Staged.Clear();
            isAsked = ReferenceEquals(turn, _toStop) || _server.Stopping.IsCancellationRequested;
        }

        if (isAsked)
        {
            _server.Platform.Spawner.Cancel(stop, _server.Platform.Logger);
        }

        return stop.Token;
    }

    /// <summary>From here on the try takes a while: the client hears that its message is stored.</summary>
    internal void Wait() => Tell(turnWaits: true);

    /// <summary>There is something to tell.</summary>
    internal void NoteCommitted() => Interlocked.Increment(ref _untold);

    /// <summary>Tells what there is to tell.</summary>
    internal void Tell()
    {
        if (Interlocked.Exchange(ref _untold, 0) > 0)
        {
            _processor.Announce(this, turnWaits: false);
        }
    }

    /// <summary>The process ends, and with it the try that runs now; one that begins later sees it for itself.</summary>
    internal void StopCurrent()
    {
        CancellationTokenSource? stop;
        lock (Lock)
        {
            stop = _stop;
        }

        if (stop is not null)
        {
            _server.Platform.Spawner.Cancel(stop, _server.Platform.Logger);
        }
    }

    private void Tell(bool turnWaits)
    {
        Interlocked.Exchange(ref _untold, 0);
        _processor.Announce(this, turnWaits);
    }

    /// <summary>Nobody knows how long the handler takes that is called next, so somebody else tells, unless this run is quicker.</summary>
    private void TellSoon()
    {
        var untold = Volatile.Read(ref _untold);
        if (untold >= UntoldMax)
        {
            Tell();
        }
        else if (untold > 0 && !_isToldSoon)
        {
            _isToldSoon = true;
            _server.Platform.Spawner.Start(() =>
            {
                _isToldSoon = false;
                Tell();
                return Task.CompletedTask;
            });
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
            _server.Platform.Spawner.Cancel(stop, _server.Platform.Logger);
        }
    }
}
