namespace Airlock.Lab.Scheduling;

/// <summary>Shows whether anything left the simulated world for the thread pool or for a real timer while a batch of runs was made. A scheduler notices what comes back to it; this notices what does not.</summary>
/// <remarks>The counts are the process's: runs are made on threads of the lab's own (<see cref="Thread"/>), and nothing else may use the pool meanwhile.</remarks>
public readonly struct EscapeGate
{
    /// <summary>How long what is under way is waited for before a batch: what does not end is somebody else's. This thread may be one of the pool's, too.</summary>
    private const int MillisecondsBefore = 250;

    /// <summary>How long what a batch let escape is waited for: it ends by itself, and a machine may be busy.</summary>
    private const int MillisecondsAfter = 60_000;

    private readonly long _done;
    private readonly long _timers;
    private readonly int _busy;

    private EscapeGate(int busy)
    {
        _busy = busy;
        _done = ThreadPool.CompletedWorkItemCount;
        _timers = Timer.ActiveCount;
    }

    /// <summary>Begins to watch. What is waiting for the pool by now is let through first.</summary>
    public static EscapeGate Begin()
    {
        LetThePoolRest(0, MillisecondsBefore);
        PoolWatch.Shared.Forget();
        return new EscapeGate(Busy());
    }

    /// <summary>Waits, a second and a half at most, until the timers have rung that runs left behind which were not watched.</summary>
    public static void LetTimersRing()
    {
        for (var waited = 0; Timer.ActiveCount > 0 && waited < 150; waited++)
        {
            Thread.Sleep(10);
        }
    }

    /// <summary>What escaped since the beginning, as a sentence; null if nothing did.</summary>
    public string? Escaped()
    {
        LetThePoolRest(_busy, MillisecondsAfter);
        var done = ThreadPool.CompletedWorkItemCount - _done;
        var timers = Timer.ActiveCount - _timers;
        return done > 0 || timers > 0 ? $"Something went on outside the simulation: {done} work items of the thread pool, {Math.Max(0, timers)} timers left running.{Origin()}" : null;
    }

    /// <summary>Ends a batch.</summary>
    /// <exception cref="SimulationException">Something escaped (<see cref="FailureKind.Escape"/>): the lab cannot judge the batch.</exception>
    public void AssertNothingEscaped()
    {
        if (Escaped() is { } escaped)
        {
            throw new SimulationException(FailureKind.Escape, escaped);
        }
    }

    private static string Origin() => PoolWatch.Shared.Last is { } last ? $" The last work came from {last}." : "";

    /// <summary>What is queued or under way is not counted yet. A pool that somebody else keeps busy is not waited for without end; nor by a count of yields alone, each of which takes 50 ms where thirty others want the processor.</summary>
    private static void LetThePoolRest(int busy, int milliseconds)
    {
        var wait = default(SpinWait);
        var until = Environment.TickCount64 + milliseconds;
        while ((ThreadPool.PendingWorkItemCount > 0 || Busy() > busy) && wait.Count < 10_000 && Environment.TickCount64 < until)
        {
            wait.SpinOnce(sleep1Threshold: -1);
        }
    }

    private static int Busy()
    {
        ThreadPool.GetMaxThreads(out var most, out _);
        ThreadPool.GetAvailableThreads(out var free, out _);
        return most - free;
    }
}
