using System.Runtime.ExceptionServices;

namespace Airlock.Lab.Scheduling;

/// <summary>One world on one thread. A strategy decides what happens next, virtual time only passes when it is told to, and the decisions replay the run.</summary>
/// <remarks>Everything that awaits under an <see cref="Actor"/> comes back here as a <see cref="Step"/>. What would go to another thread is an escape and ends the run.</remarks>
public sealed class Scheduler
{
    private readonly Strategy _strategy;
    private readonly List<Step> _ready = new(64);
    private readonly List<Actor> _actors = [];
    private readonly List<int> _schedule = new(64);
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private ExceptionDispatchInfo? _broken;
    private ExceptionDispatchInfo? _failure;
    private Fiber? _first;
    private Task _main = Task.CompletedTask;
    private string? _left;
    private volatile string? _cameBack;
    private int _races;
    private TimeSpan _raced;

    /// <summary>How often time may pass ahead of work in one run. Without a bound an unfair strategy keeps a party waiting while pings go to and fro for ever.</summary>
    private const int RacesMax = 64;

    /// <summary>How much time may pass ahead of work in one run: a machine is slow by minutes, not by the hours that deadlines of minutes add up to.</summary>
    private static readonly TimeSpan _raceMost = TimeSpan.FromMinutes(15);

    /// <summary>How long, by a real clock, who has left the simulation is awaited: where he comes back is the place to look at.</summary>
    private static readonly TimeSpan _comesBackWithin = TimeSpan.FromMilliseconds(200);

    /// <summary>Makes a world.</summary>
    /// <param name="strategy">Who decides.</param>
    /// <param name="timeRaces">Whether time may pass while something else can happen, so that deadlines race with work.</param>
    public Scheduler(Strategy strategy, bool timeRaces = false)
        : this(strategy, timeRaces, LockPoints.AreCompiledIn)
    {
    }

    internal Scheduler(Strategy strategy, bool timeRaces, bool hasLockPoints)
    {
        _strategy = strategy;
        TimeRaces = HasRaced = timeRaces;
        World = NewActor("world");
        Clock = NewActor("clock");
        Time = new SimulatedTime(this, Clock);
        Locks = hasLockPoints ? new LockPoints(this) : null;
    }

    /// <summary>Whether time may pass while something else can happen.</summary>
    public bool TimeRaces { get; private set; }

    /// <summary>Virtual time; give it to everything that wants a clock.</summary>
    public SimulatedTime Time { get; }

    /// <summary>The party that timers and time belong to.</summary>
    public Actor Clock { get; }

    /// <summary>The party that the network and other surroundings belong to.</summary>
    public Actor World { get; }

    /// <summary>Everybody, in the order of creation.</summary>
    public IReadOnlyList<Actor> Actors => _actors;

    /// <summary>The decisions so far: for each point with more than one option, which was taken. Replaying them repeats the run.</summary>
    public IReadOnlyList<int> Schedule => _schedule;

    /// <summary>How many steps were taken.</summary>
    public int Steps { get; private set; }

    /// <summary>The party whose step it is.</summary>
    public Actor Current { get; internal set; } = null!;

    /// <summary>Told of each step before it is taken: the actor, what it is, and whether it was chosen among others. For pictures.</summary>
    public Action<Step, int, int>? Observer { get; set; }

    /// <summary>Called between any two steps, where nobody is in the middle of one. It may look and must not change anything.</summary>
    public Action? Between { get; set; }

    /// <summary>How many steps one run may take. Default: 50,000.</summary>
    public int StepsMax { get; init; } = 50_000;

    /// <summary>How much virtual time one run may take. Default: 3 hours.</summary>
    public TimeSpan TimeMax { get; init; } = TimeSpan.FromHours(3);

    /// <summary>Whether time could pass, at least at first, while something else could happen.</summary>
    public bool HasRaced { get; }

    /// <summary>From now on time passes only when nothing else can happen, so that what is due is done before the end is judged.</summary>
    public void EndTimeRaces() => TimeRaces = false;

    /// <summary>Adds a party.</summary>
    /// <param name="name">Its name in traces.</param>
    public Actor NewActor(string name)
    {
        var actor = new Actor(this, _actors.Count, name);
        _actors.Add(actor);
        return actor;
    }

    /// <summary>Starts work as a party's next step.</summary>
    /// <param name="actor">Whose.</param>
    /// <param name="label">What it is, for a reader.</param>
    /// <param name="work">The work. An exception out of it ends the run: it is a bug in the lab or in a subject's adapter.</param>
    public Task StartAsync(Actor actor, string label, Func<Task> work)
    {
        var done = new TaskCompletionSource();
        Enqueue(new Step(actor, label, static state =>
        {
            var (scheduler, work, done) = ((Scheduler, Func<Task>, TaskCompletionSource))state!;
            _ = scheduler.GuardAsync(work, done);
        }, (this, work, done), IsRaw: false));
        return done.Task;
    }

    /// <summary>Lets the surroundings do something as a step of their own.</summary>
    /// <param name="label">What, for a reader.</param>
    /// <param name="action">What to do. It runs without a context, so it may complete I/O but must not start work.</param>
    public void PostRaw(string label, Action action) => Enqueue(new Step(World, label, static action => ((Action)action!)(), action, IsRaw: true));

    /// <summary>Asks the strategy, as one of its decisions, for something that the world leaves open: a fault, an order, a delay.</summary>
    /// <param name="options">How many there are. The first is the ordinary one.</param>
    /// <returns>From 0 to <paramref name="options"/> - 1.</returns>
    public int Choose(int options)
    {
        if (options <= 1)
        {
            return 0;
        }

        var choice = _strategy.ChooseOption(options);
        _schedule.Add(choice);
        return choice;
    }

    /// <summary>Runs to the end: until nothing can happen any more once the main work is done.</summary>
    /// <param name="main">The main work.</param>
    /// <exception cref="SimulationException">The run could not be brought to its end.</exception>
    public void Run(Func<Task> main)
    {
        AssertOwnThread();
        var outer = SynchronizationContext.Current;
        Fiber.Current = _first = Locks is null ? null : new Fiber { Scheduler = this };
        try
        {
            PoolWatch.Watch(this);
            _main = StartAsync(NewActor("scenario"), "begins", main);
            while (!GoOn(_first))
            {
                // Another thread goes on, in the place of this one.
                _first!.Await();
            }

            Locks?.End(_first!);
            _failure?.Throw();
        }
        finally
        {
            Fiber.Current = null;
            _first?.End();
            PoolWatch.Watch(null);
            SynchronizationContext.SetSynchronizationContext(outer);
        }
    }

    /// <summary>What the driver calls at its locks; null if it does not.</summary>
    internal LockPoints? Locks { get; }

    /// <summary>Whether the run has come to its end, or broke.</summary>
    internal bool IsOver { get; private set; }

    /// <summary>What can happen, oldest first.</summary>
    internal List<Step> Ready => _ready;

    /// <summary>Takes steps until the run is over, or another thread goes on in this one's place.</summary>
    /// <param name="fiber">The thread's fiber; null where steps do not pause in their middle.</param>
    /// <returns>Whether the run is over. If not, another thread goes on, and it may have come to the end by now.</returns>
    internal bool GoOn(Fiber? fiber)
    {
        try
        {
            if (!IsOver && fiber?.Next is { } given)
            {
                fiber.Next = null;
                Steps++;
                Take(given, 0, 1);
                ThrowIfBroken();
            }

            while (!IsOver)
            {
                if (!Next())
                {
                    return false;
                }

                ThrowIfBroken();
                if (Locks is not { IsAnyPaused: true })
                {
                    Between?.Invoke();
                }
            }
        }
        catch (SimulationOverException)
        {
            // Of a run that is over; nothing of it counts any more.
        }
        catch (Exception e)
        {
            _failure ??= ExceptionDispatchInfo.Capture(e);
            IsOver = true;
        }

        if (fiber != _first)
        {
            _first!.Pass();
        }

        return true;
    }

    /// <summary>Somebody goes on in the middle of a step.</summary>
    internal void NoteResumed(in Step step)
    {
        Steps++;
        Observer?.Invoke(step, 0, 1);
    }

    /// <summary>Asks the strategy, at a lock, who goes on.</summary>
    /// <param name="options">Who may; the first is the one who is there.</param>
    internal int ChooseAtLock(List<Step> options)
    {
        try
        {
            var choice = _strategy.ChooseStep(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(options), null);
            _schedule.Add(choice);
            return choice;
        }
        catch (SimulationException e)
        {
            // The driver would catch it; it is not the driver's.
            _failure ??= ExceptionDispatchInfo.Capture(e);
            IsOver = true;
            throw new SimulationOverException();
        }
    }

    internal void Enqueue(in Step step)
    {
        if (IsOwnThread)
        {
            _ready.Add(step);
        }
        else
        {
            // The first one says what happened.
            Interlocked.CompareExchange(ref _cameBack, PoolWatch.Calls(), null);
        }
    }

    /// <summary>Something on this thread has left the simulation.</summary>
    /// <param name="what">For what.</param>
    /// <param name="calls">Where, innermost call first.</param>
    internal void NoteEscape(string what, string calls) => _left ??= $"{what}, from {calls}";

    internal void AssertOwnThread()
    {
        if (!IsOwnThread)
        {
            throw new SimulationException(FailureKind.Escape, "A simulation runs on the thread that made it.");
        }
    }

    private bool IsOwnThread => Environment.CurrentManagedThreadId == _thread || Fiber.Current?.Scheduler == this;

    private void ThrowIfBroken()
    {
        ThrowIfEscaped();
        _broken?.Throw();
    }

    private void ThrowIfEscaped()
    {
        if (_left is null && _cameBack is null)
        {
            return;
        }

        SpinWait.SpinUntil(() => _cameBack is not null, _comesBackWithin);
        throw new SimulationException(FailureKind.Escape, $"Something went on outside the simulation: {_left ?? "a thread that is not the simulation's"}.{(_cameBack is { } calls ? $" It came back in {calls}." : "")}");
    }

    /// <returns>Whether this thread goes on, if the run is not over.</returns>
    private bool Next()
    {
        if (_ready.Count == 0)
        {
            var isLocked = Locks is { IsWaitedFor: true };
            if (_main.IsCompleted && !isLocked)
            {
                IsOver = true;
                return true;
            }

            if (Time.NextDue is null)
            {
                ThrowIfEscaped();
                throw new SimulationException(FailureKind.Deadlock, $"Nothing can happen any more after {Steps} steps, but {(isLocked ? "somebody waits for a lock" : "the scenario is not over")}.");
            }

            AdvanceTime();
            return true;
        }

        if (++Steps > StepsMax)
        {
            throw new SimulationException(FailureKind.StepLimit, $"The run took more than {StepsMax} steps: something polls or spins.");
        }

        // A machine is slow between two steps; that it stands still for the length of a deadline in the middle of one is not asked.
        var options = _ready.Count + (TimeRaces && Locks is not { IsAnyPaused: true } && _races < RacesMax && Time.NextDue - Time.Elapsed <= _raceMost - _raced ? 1 : 0);
        var choice = 0;
        if (options > 1)
        {
            choice = _strategy.ChooseStep(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_ready), options > _ready.Count ? Clock : null);
            _schedule.Add(choice);
        }

        if (choice == _ready.Count)
        {
            _races++;
            _raced -= Time.Elapsed;
            AdvanceTime();
            _raced += Time.Elapsed;
            return true;
        }

        var step = _ready[choice];
        _ready.RemoveAt(choice);
        return Take(step, choice, options);
    }

    /// <returns>Whether this thread goes on.</returns>
    private bool Take(in Step step, int choice, int options)
    {
        Observer?.Invoke(step, choice, options);
        if (step.State is Fiber paused)
        {
            Locks!.Resume(paused);
            return false;
        }

        Current = step.Actor;
        SynchronizationContext.SetSynchronizationContext(step.IsRaw ? null : step.Actor);
        step.Callback(step.State);
        return true;
    }

    private void AdvanceTime()
    {
        Time.Advance();
        if (Time.Elapsed > TimeMax)
        {
            throw new SimulationException(FailureKind.TimeLimit, $"More than {TimeMax} of virtual time passed and the scenario is not over.");
        }
    }

    private async Task GuardAsync(Func<Task> work, TaskCompletionSource done)
    {
        try
        {
            await work();
        }
        catch (Exception e)
        {
            // The first one says what happened; the run ends at once.
            _broken ??= ExceptionDispatchInfo.Capture(e);
        }

        done.SetResult();
    }
}
