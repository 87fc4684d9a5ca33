using System.Diagnostics;

namespace Airlock;

/// <summary>One timer for the deadlines of all connections or sessions: a queue of alarms, each of which rings once.</summary>
/// <remarks>
/// An alarm that is set later than it was queued for is queued again only when its old place comes up, so moving a deadline away costs nothing. What comes up within <see cref="Resolution"/> of the last
/// ring waits for its end and rings together: with ten thousand connections some hundred alarms come up each second, and each ring alone would wake a thread that then spins for more.
/// Invariant: an alarm that is set has a place no later than its instant, and the timer fires no later than the first place, or than the quiet after a ring is over.
/// </remarks>
internal sealed class DeadlineQueue : IDisposable
{
    /// <summary>How late an alarm may ring because another has just rung. Deadlines are seconds; Kestrel keeps its own by a beat of one second.</summary>
    internal static readonly TimeSpan Resolution = TimeSpan.FromMilliseconds(100);

    private readonly Lock _lock = new();
    private readonly PriorityQueue<Alarm, long> _queue = new();
    private readonly Clock _clock;
    private readonly ITimer _timer;
    private long _timerDue = long.MaxValue;
    private long _quietUntil = long.MinValue;
    private int _retired;

    internal DeadlineQueue(Clock clock)
    {
        _clock = clock;
        _timer = clock.Time.CreateTimer(static queue => ((DeadlineQueue)queue!).Ring(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public void Dispose() => _timer.Dispose();

    /// <summary>How many places the queue holds; at most half of them, or 1,024, are of alarms that never ring again.</summary>
    internal int Count
    {
        get
        {
            lock (_lock)
            {
                return _queue.Count;
            }
        }
    }

    /// <summary>Checks the invariants: for tests, after each step.</summary>
    /// <exception cref="UnreachableException">One does not hold: a bug in here.</exception>
    internal void CheckInvariants()
    {
        lock (_lock)
        {
            // In loops, as this is a good part of what a simulation costs.
            Dictionary<Alarm, bool> placed = new(_queue.Count);
            foreach (var (alarm, at) in _queue.UnorderedItems)
            {
                placed[alarm] = alarm.QueuedFor == at || placed.GetValueOrDefault(alarm);
            }

            string? broken = null;
            var retired = 0;
            foreach (var (alarm, isPlaced) in placed)
            {
                broken ??= alarm.Due < alarm.QueuedFor ? $"an alarm is due at {alarm.Due} and queued for {alarm.QueuedFor}"
                    : alarm.Action is null && alarm.Due != long.MaxValue ? "an alarm is set that was retired"
                    : alarm.QueuedFor != long.MaxValue && !isPlaced ? "an alarm has lost its place"
                    : null;
                retired += alarm.Action is null && alarm.QueuedFor != long.MaxValue ? 1 : 0;
            }

            broken ??= _retired != retired ? $"{_retired} retired alarms are counted"
                : _queue.TryPeek(out _, out var first) && _timerDue > Math.Max(first, _quietUntil) ? $"the timer is set for {_timerDue}, and the first alarm is queued for {first}"
                : null;
            if (broken is not null)
            {
                throw new UnreachableException($"The deadlines are broken: {broken}.");
            }
        }
    }

    internal Alarm NewAlarm(Action ring) => new(this, ring);

    private void Ring()
    {
        List<Action> due = [];
        lock (_lock)
        {
            _timerDue = long.MaxValue;
            var now = _clock.Now;
            _quietUntil = now + Resolution.Ticks;
            while (_queue.TryPeek(out var alarm, out var at) && at <= now)
            {
                _queue.Dequeue();
                if (alarm.QueuedFor != at)
                {
                    // A stale place: the alarm was set to an earlier instant afterwards, and a newer place stands for it.
                    continue;
                }

                alarm.QueuedFor = long.MaxValue;
                if (alarm.Action is null)
                {
                    _retired--;
                }
                else if (alarm.Due <= now)
                {
                    alarm.Due = long.MaxValue;
                    due.Add(alarm.Action);
                }
                else if (alarm.Due != long.MaxValue)
                {
                    Enqueue(alarm);
                }
            }

            StartTimer();
        }

        foreach (var ring in due)
        {
            ring();
        }
    }

    private void Enqueue(Alarm alarm)
    {
        alarm.QueuedFor = alarm.Due;
        _queue.Enqueue(alarm, alarm.Due);
    }

    private void DropRetired()
    {
        var kept = _queue.UnorderedItems.Where(static place => place.Element.Action is not null && place.Element.QueuedFor == place.Priority).ToArray();
        _queue.Clear();
        _queue.EnqueueRange(kept);
        _retired = 0;
    }

    private void StartTimer()
    {
        if (!_queue.TryPeek(out _, out var next))
        {
            return;
        }

        // What has come by now does not wait again.
        next = next <= _clock.Now ? next : Math.Max(next, _quietUntil);
        if (next < _timerDue)
        {
            _timerDue = next;
            // Timers count whole milliseconds; rounding up means that what is due has come when it fires.
            // Further away than a day (timers take 49), it fires in between and finds nothing due.
            var wait = Math.Clamp((next - _clock.Now + TimeSpan.TicksPerMillisecond - 1) / TimeSpan.TicksPerMillisecond, 0, 86_400_000);
            _timer.Change(TimeSpan.FromMilliseconds(wait), Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Something that rings once when its instant has come, unless it is set anew or cleared before.</summary>
    internal sealed class Alarm(DeadlineQueue queue, Action? ring)
    {
        internal Action? Action { get; private set; } = ring;

        internal long Due { get; set; } = long.MaxValue;

        internal long QueuedFor { get; set; } = long.MaxValue;

        /// <summary>Sets the instant, in place of the one before.</summary>
        internal void Set(long due)
        {
            lock (queue._lock)
            {
                if (Action is null)
                {
                    return;
                }

                Due = due;
                if (due < QueuedFor)
                {
                    queue.Enqueue(this);
                    queue.StartTimer();
                }
            }
        }

        /// <summary>Forgets the instant.</summary>
        internal void Clear()
        {
            lock (queue._lock)
            {
                Due = long.MaxValue;
            }
        }

        /// <summary>Never rings again, and lets go of what it would have called.</summary>
        internal void Retire()
        {
            lock (queue._lock)
            {
                if (Action is null)
                {
                    return;
                }

                Due = long.MaxValue;
                Action = null;
                if (QueuedFor != long.MaxValue && ++queue._retired > Math.Max(1024, queue._queue.Count / 2))
                {
                    queue.DropRetired();
                }
            }
        }
    }
}
