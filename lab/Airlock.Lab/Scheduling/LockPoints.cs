using System.Reflection;

namespace Airlock.Lab.Scheduling;

/// <summary>What a driver that was compiled for it calls at its locks. Each entry is a point where the schedule may let somebody else go on first.</summary>
/// <remarks>
/// The lab's steps go from await to await. Where the driver holds something together with a lock, a fault at its border (looked at under one lock, changed under another) needs a switch between the two, and there is no await there.
/// Only locks are such points: what is done with interlocked operations and volatile fields goes on in one piece.
/// </remarks>
internal sealed class LockPoints(Scheduler scheduler)
{
    // The type that the compiler puts in place of the locks of a library.
    private const string Hook = "Airlock.Lock";

    private readonly Dictionary<object, Hold> _holds = new(ReferenceEqualityComparer.Instance);
    private readonly FiberPool _pool = FiberPool.OfThisThread ?? FiberPool.OfOneRun();
    private readonly Stack<Fiber> _idle = new();
    private readonly List<Fiber> _all = [];
    private readonly List<Step> _options = [];
    private int _waiting;
    private int _paused;

    /// <summary>Whether the driver that this lab runs calls here.</summary>
    public static bool AreCompiledIn { get; private set; }

    /// <summary>Whether the exit of a lock is such a point, too. Default: no; what follows shows at the next entry, unless it is done without a lock.</summary>
    public bool PauseAtExits { get; set; }

    /// <summary>Whether somebody waits for a lock.</summary>
    public bool IsWaitedFor => _waiting > 0;

    /// <summary>Whether somebody is in the middle of a step.</summary>
    public bool IsAnyPaused => _paused > 0;

    /// <summary>Lets libraries call here, if they were compiled for it. Not only this lab's own: whoever calls under its scheduler is what counts.</summary>
    public static void Connect(params ReadOnlySpan<Assembly> libraries)
    {
        foreach (var library in libraries)
        {
            if (library.GetType(Hook) is { } type)
            {
                type.GetField(nameof(Enter), BindingFlags.Static | BindingFlags.NonPublic)!.SetValue(null, (Action<object>)Enter);
                type.GetField(nameof(Exit), BindingFlags.Static | BindingFlags.NonPublic)!.SetValue(null, (Action<object>)Exit);
                type.GetField(nameof(IsHeld), BindingFlags.Static | BindingFlags.NonPublic)!.SetValue(null, (Func<object, bool>)IsHeld);
                AreCompiledIn |= library == typeof(AirlockServer).Assembly;
            }
        }
    }

    /// <summary>Enters a lock; outside of a simulation, an ordinary one.</summary>
    public static void Enter(object taken)
    {
        if (Fiber.Current is { } fiber)
        {
            fiber.Scheduler!.Locks!.Enter(fiber, taken);
        }
        else
        {
            Monitor.Enter(taken);
        }
    }

    /// <summary>Leaves a lock.</summary>
    public static void Exit(object taken)
    {
        if (Fiber.Current is { } fiber)
        {
            fiber.Scheduler!.Locks!.Leave(fiber, taken);
        }
        else
        {
            Monitor.Exit(taken);
        }
    }

    /// <summary>Whether the caller is in a lock.</summary>
    public static bool IsHeld(object taken) =>
        Fiber.Current is { } fiber ? fiber.Scheduler!.Locks!._holds.TryGetValue(taken, out var hold) && hold.Owner == fiber : Monitor.IsEntered(taken);

    /// <summary>Does something without letting others go on at its locks, unless one is held: for an observer who has to see it as one step.</summary>
    public static void InOnePiece(Action action)
    {
        if (Fiber.Current is { IsWhole: false } fiber)
        {
            fiber.IsWhole = true;
            try
            {
                action();
            }
            finally
            {
                fiber.IsWhole = false;
            }
        }
        else
        {
            action();
        }
    }

    /// <summary>Lets a fiber go on in the middle of its step. The caller's thread has nothing more to do then.</summary>
    public void Resume(Fiber fiber)
    {
        Park();
        fiber.Pass();
    }

    /// <summary>Ends the run: a step that is in its middle is thrown out of there.</summary>
    /// <param name="first">The thread that runs the simulation.</param>
    public void End(Fiber first)
    {
        foreach (var fiber in _all)
        {
            if (fiber.IsPaused)
            {
                fiber.Pass();
                first.Await();
            }

            _pool.Return(fiber);
        }

        if (_pool != FiberPool.OfThisThread)
        {
            _pool.Dispose();
        }
    }

    private void Enter(Fiber fiber, object taken)
    {
        if (_holds.TryGetValue(taken, out var hold) && hold.Owner == fiber)
        {
            hold.Count++;
            return;
        }

        ThrowIfOver();
        fiber.Actor = scheduler.Current;
        if (!fiber.IsWhole)
        {
            LetOthers(fiber);
        }

        while (_holds.TryGetValue(taken, out hold))
        {
            hold.Waiting.Enqueue(fiber);
            _waiting++;
            GiveAway(fiber, null);
        }

        _holds.Add(taken, new Hold(fiber));
    }

    private void Leave(Fiber fiber, object taken)
    {
        if (!_holds.TryGetValue(taken, out var hold) || --hold.Count > 0)
        {
            return;
        }

        _holds.Remove(taken);
        while (hold.Waiting.TryDequeue(out var waiting))
        {
            _waiting--;
            scheduler.Enqueue(StepOf(waiting));
        }

        if (PauseAtExits && !fiber.IsWhole && !scheduler.IsOver)
        {
            fiber.Actor = scheduler.Current;
            LetOthers(fiber);
        }
    }

    /// <summary>The schedule chooses: this fiber goes on (the first option), or somebody else does before it.</summary>
    private void LetOthers(Fiber fiber)
    {
        if (scheduler.Ready.Count == 0)
        {
            return;
        }

        _options.Clear();
        _options.Add(StepOf(fiber));
        _options.AddRange(scheduler.Ready);
        var choice = scheduler.ChooseAtLock(_options);
        if (choice > 0)
        {
            var step = scheduler.Ready[choice - 1];
            scheduler.Ready.RemoveAt(choice - 1);
            scheduler.Enqueue(StepOf(fiber));
            GiveAway(fiber, step);
        }
    }

    private static Step StepOf(Fiber fiber) => new(fiber.Actor!, "enters a lock", static _ => { }, fiber, IsRaw: false);

    /// <summary>Gives the baton away in the middle of a step, and waits until it is back.</summary>
    /// <param name="fiber">Who gives it.</param>
    /// <param name="step">What is taken next; null for whatever the schedule chooses then.</param>
    private void GiveAway(Fiber fiber, Step? step)
    {
        // Before it is given away: whoever has it then may come to the end of the run before this thread does anything more.
        fiber.IsPaused = true;
        _paused++;
        if (step is { State: Fiber paused } resumed)
        {
            scheduler.NoteResumed(resumed);
            paused.Pass();
        }
        else
        {
            var other = _idle.TryPop(out var idle) ? idle : New();
            other.Next = step;
            other.Pass();
        }

        fiber.Await();
        fiber.IsPaused = false;
        _paused--;
        ThrowIfOver();
        scheduler.Current = fiber.Actor!;
    }

    /// <summary>The thread that asks has nothing to do until it is given something.</summary>
    private void Park() => _idle.Push(Fiber.Current!);

    private void ThrowIfOver()
    {
        if (scheduler.IsOver)
        {
            throw new SimulationOverException();
        }
    }

    private Fiber New()
    {
        var fiber = _pool.Take(scheduler);
        _all.Add(fiber);
        return fiber;
    }

    private sealed class Hold(Fiber owner)
    {
        public Fiber Owner => owner;

        public int Count { get; set; } = 1;

        public Queue<Fiber> Waiting { get; } = new();
    }
}
