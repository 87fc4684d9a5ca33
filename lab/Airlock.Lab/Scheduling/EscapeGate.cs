namespace Airlock.Lab.Scheduling;

/// <summary>Shows whether anything left the simulated world for the thread pool or for a real timer while a batch of runs was made. A scheduler notices what comes back to it; this notices what does not.</summary>
/// <remarks>The counts are the process's: runs are made on threads of the lab's own (<see cref="Thread"/>), and nothing else may use the pool meanwhile.</remarks>
public readonly struct EscapeGate
{
    private readonly long _done;
    private readonly long _timers;

    private EscapeGate(long done, long timers)
    {
        _done = done;
        _timers = timers;
    }

    /// <summary>Begins to watch. What is waiting for the pool by now is let through first.</summary>
    public static EscapeGate Begin()
    {
        LetThePoolRest();
        return new EscapeGate(ThreadPool.CompletedWorkItemCount, Timer.ActiveCount);
    }

    /// <summary>What escaped since the beginning, as a sentence; null if nothing did.</summary>
    public string? Escaped()
    {
        LetThePoolRest();
        var done = ThreadPool.CompletedWorkItemCount - _done;
        var timers = Timer.ActiveCount - _timers;
        return done > 0 || timers > 0 ? $"Something went on outside the simulation: {done} work items of the thread pool, {Math.Max(0, timers)} timers left running." : null;
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

    /// <summary>Not for the sake of time: what is queued is not counted yet.</summary>
    private static void LetThePoolRest()
    {
        for (var wait = default(SpinWait); ThreadPool.PendingWorkItemCount > 0;)
        {
            wait.SpinOnce();
        }
    }
}
