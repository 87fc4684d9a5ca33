namespace Airlock.Lab.Scheduling;

/// <summary>A thread of a simulation whose steps may pause in their middle, at the entry of a lock. Of all of them one runs at a time: the one that holds the baton.</summary>
#pragma warning disable CA1001 // A semaphore whose wait handle nobody asks for holds nothing.
internal sealed class Fiber
#pragma warning restore CA1001
{
    [ThreadStatic]
    private static Fiber? _current;

    private readonly SemaphoreSlim _baton = new(0);

    public Fiber(Scheduler scheduler) => Scheduler = scheduler;

    /// <summary>The fiber that this thread is, or null.</summary>
    public static Fiber? Current
    {
        get => _current;
        set => _current = value;
    }

    public Scheduler Scheduler { get; }

    /// <summary>Whose step it is in the middle of.</summary>
    public Actor? Actor { get; set; }

    /// <summary>The step that it is to take when it gets the baton, or null.</summary>
    public Step? Next { get; set; }

    /// <summary>Whether its step does not pause now where it could.</summary>
    public bool IsWhole { get; set; }

    /// <summary>Its thread; null for the one that runs the simulation.</summary>
    public Thread? Thread { get; set; }

    /// <summary>Lets it go on. Whoever calls this does nothing more until it is given the baton itself.</summary>
    public void Pass() => _baton.Release();

    /// <summary>Waits until it is given the baton.</summary>
    public void Await() => _baton.Wait();
}
