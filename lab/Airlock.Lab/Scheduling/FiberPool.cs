namespace Airlock.Lab.Scheduling;

/// <summary>Threads for the steps that pause in their middle, kept from run to run: to start one takes as long as many steps.</summary>
internal sealed class FiberPool : IDisposable
{
    [ThreadStatic]
    private static FiberPool? _ofThisThread;

    private readonly Stack<Fiber> _idle = new();

    private FiberPool()
    {
    }

    /// <summary>The pool that runs on this thread share; null if each run has its own.</summary>
    public static FiberPool? OfThisThread => _ofThisThread;

    /// <summary>A pool of one run.</summary>
    public static FiberPool OfOneRun() => new();

    /// <summary>Lets the runs on this thread share a pool until it is disposed.</summary>
    public static FiberPool Share() => _ofThisThread = new FiberPool();

    /// <summary>Takes a thread that has nothing to do.</summary>
    /// <param name="scheduler">The run that it is for.</param>
    public Fiber Take(Scheduler scheduler)
    {
        if (!_idle.TryPop(out var fiber))
        {
            fiber = new Fiber();
            new Thread(fiber.Live) { IsBackground = true, Name = "fiber" }.UnsafeStart();
        }

        fiber.Scheduler = scheduler;
        return fiber;
    }

    /// <summary>Takes a thread back whose run is over.</summary>
    public void Return(Fiber fiber)
    {
        fiber.Scheduler = null;
        _idle.Push(fiber);
    }

    /// <summary>Ends the threads.</summary>
    public void Dispose()
    {
        _ofThisThread = _ofThisThread == this ? null : _ofThisThread;
        while (_idle.TryPop(out var fiber))
        {
            fiber.Pass();
        }
    }
}
