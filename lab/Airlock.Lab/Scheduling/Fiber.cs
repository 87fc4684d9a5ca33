namespace Airlock.Lab.Scheduling;

/// <summary>A thread of a simulation whose steps may pause in their middle, at the entry of a lock. Of all of them one runs at a time: the one that holds the baton.</summary>
#pragma warning disable CA1001 // The thread that ends disposes it.
internal sealed class Fiber
#pragma warning restore CA1001
{
    [ThreadStatic]
    private static Fiber? _current;

    // Who waits here waits for many steps of others: it does not spin, as a slim semaphore does.
    private readonly AutoResetEvent _baton = new(false);

    /// <summary>The fiber that this thread is, or null.</summary>
    public static Fiber? Current
    {
        get => _current;
        set => _current = value;
    }

    /// <summary>The run that it is of; null between two.</summary>
    public Scheduler? Scheduler { get; set; }

    /// <summary>Whose step it is in the middle of.</summary>
    public Actor? Actor { get; set; }

    /// <summary>The step that it is to take when it gets the baton, or null.</summary>
    public Step? Next { get; set; }

    /// <summary>Whether its step does not pause now where it could.</summary>
    public bool IsWhole { get; set; }

    /// <summary>Whether it is in the middle of a step and waits for the baton.</summary>
    public bool IsPaused { get; set; }

    /// <summary>Lets it go on. Whoever calls this does nothing more until it is given the baton itself.</summary>
    public void Pass() => _baton.Set();

    /// <summary>Waits until it is given the baton.</summary>
    public void Await() => _baton.WaitOne();

    /// <summary>What its thread does: it goes on in one run after another, and ends when it gets the baton without one.</summary>
    public void Live()
    {
        Current = this;
        for (Await(); Scheduler is { } run; Await())
        {
            run.GoOn(this);
        }

        End();
    }

    /// <summary>It waits no more.</summary>
    public void End() => _baton.Dispose();
}
