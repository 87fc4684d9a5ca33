namespace Airlock.Lab.Scheduling;

/// <summary>Virtual time: it stands still while anything can happen, unless the strategy chooses to move it.</summary>
public sealed class SimulatedTime : TimeProvider
{
    private readonly PriorityQueue<(Timer Timer, int Version), (long Due, long Order)> _queue = new();
    private readonly Scheduler _scheduler;
    private readonly Actor _clock;
    private long _order;

    internal SimulatedTime(Scheduler scheduler, Actor clock)
    {
        _scheduler = scheduler;
        _clock = clock;
    }

    /// <summary>When a simulation begins.</summary>
    public static DateTimeOffset Origin { get; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>How much virtual time has passed.</summary>
    public TimeSpan Elapsed { get; private set; }

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => Origin + Elapsed;

    /// <inheritdoc/>
    public override long GetTimestamp() => Elapsed.Ticks;

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>When the next timer is due; null if none is set.</summary>
    internal TimeSpan? NextDue
    {
        get
        {
            DropStale();
            return _queue.TryPeek(out _, out var at) ? new TimeSpan(at.Due) : null;
        }
    }

    /// <summary>Moves to the next instant at which a timer is due. All that are due then become steps, so that their order is explored too.</summary>
    internal void Advance()
    {
        DropStale();
        if (!_queue.TryPeek(out _, out var at))
        {
            return;
        }

        Elapsed = new TimeSpan(Math.Max(Elapsed.Ticks, at.Due));
        while (_queue.TryPeek(out var next, out at) && at.Due <= Elapsed.Ticks)
        {
            _queue.Dequeue();
            next.Timer.Fire(next.Version);
        }
    }

    private void DropStale()
    {
        while (_queue.TryPeek(out var next, out _) && next.Timer.Version != next.Version)
        {
            _queue.Dequeue();
        }
    }

    private sealed class Timer(SimulatedTime time, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period;
        private bool _isDisposed;

        /// <summary>Which setting of the timer counts.</summary>
        internal int Version { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (_isDisposed)
            {
                return false;
            }

            Version++;
            _period = period;
            Queue(dueTime);
            return true;
        }

        public void Dispose()
        {
            _isDisposed = true;
            Version++;
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        internal void Fire(int version)
        {
            if (version != Version)
            {
                return;
            }

            Version++;
            Queue(_period > TimeSpan.Zero ? _period : Timeout.InfiniteTimeSpan);
            time._scheduler.Enqueue(new Step(time._clock, "timer", static timer => ((Timer)timer!).Run(), this, IsRaw: false));
        }

        private void Queue(TimeSpan due)
        {
            if (due >= TimeSpan.Zero)
            {
                time._queue.Enqueue((this, Version), (time.Elapsed.Ticks + due.Ticks, time._order++));
            }
        }

        private void Run()
        {
            if (!_isDisposed)
            {
                callback(state);
            }
        }
    }
}
