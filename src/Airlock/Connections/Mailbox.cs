using Airlock.Core;

namespace Airlock;

/// <summary>
/// The way of every event to the lifecycle: one after another, and after each its effects. Whoever posts while nobody is at the mailbox works it off, so that no loop waits anywhere.
/// Effects run outside the lock, and no user code runs there: that goes through the spawner. Safe for concurrent use.
/// </summary>
internal sealed class Mailbox
{
    private readonly Lock _lock = new();
    private readonly Clock _clock;
    private readonly ConnectionLifecycle _lifecycle;
    private readonly PeerWatch _watch;
    private readonly IMailboxOwner _owner;
    private readonly DeadlineQueue.Alarm _alarm;
    // There only while somebody is at the mailbox and others post: an idle connection has none.
    private Queue<LifecycleEvent?>? _queue;
    private bool _isAttended;
    private bool _isOutputQueued;
    private long _alarmAt = long.MaxValue;
    private volatile ConnectionState _state;

    internal Mailbox(ConnectionScope scope, PeerWatch watch, IMailboxOwner owner)
    {
        _clock = scope.Platform.Clock;
        _lifecycle = new ConnectionLifecycle(scope.Endpoint.Options.Timeouts);
        _watch = watch;
        _owner = owner;
        _alarm = scope.Platform.Deadlines.NewAlarm(OnAlarm);
    }

    /// <summary>The state. It may lag behind an event that was posted: somebody else may be at the mailbox.</summary>
    internal ConnectionState State => _state;

    /// <summary>Posts an event. Also from within an effect.</summary>
    internal void Post(in LifecycleEvent e) => Put(e);

    /// <summary>Posts the gates as they are when this comes up, so that of two reports at once the later one is not overwritten by the earlier.</summary>
    internal void PostGates() => Put(null);

    /// <summary>Called in effects: something is queued to be written when the mailbox is left, all of it in one message.</summary>
    internal void NoteOutput() => _isOutputQueued = true;

    /// <summary>No deadline rings any more.</summary>
    internal void Retire() => _alarm.Retire();

    /// <summary>What people look at, all of the same instant.</summary>
    internal (ConnectionState State, CloseReason? Reason, int? Code, IReadOnlyList<FlightEntry> Record) Read()
    {
        lock (_lock)
        {
            return (_lifecycle.State, _lifecycle.Reason, _lifecycle.Code, _lifecycle.Record.Entries);
        }
    }

    private void Put(in LifecycleEvent? mail)
    {
        lock (_lock)
        {
            if (_isAttended)
            {
                (_queue ??= new()).Enqueue(mail);
                return;
            }

            _isAttended = true;
        }

        var next = mail;
        do
        {
            LifecycleEvent e;
            Transition transition;
            lock (_lock)
            {
                e = next ?? _owner.ReadGates();
                transition = _lifecycle.Apply(e, _clock.Now);
                _state = transition.To;
                SetAlarm();
            }

            _owner.Carry(e, transition);
        }
        while (TakeNext(out next));
    }

    /// <summary>The next event; if there is none the mailbox is left, and what was queued meanwhile goes out, in one message.</summary>
    private bool TakeNext(out LifecycleEvent? next)
    {
        bool isOutputQueued;
        lock (_lock)
        {
            if (_queue is not null && _queue.TryDequeue(out next))
            {
                return true;
            }

            (_isAttended, _queue) = (false, null);
            (isOutputQueued, _isOutputQueued) = (_isOutputQueued, false);
        }

        next = null;
        if (isOutputQueued)
        {
            _owner.WriteOutput();
        }

        return false;
    }

    /// <summary>Only an earlier deadline sets the alarm; for a later one it rings early and is set again, which costs less than moving it each time.</summary>
    private void SetAlarm()
    {
        if (_lifecycle.NextDeadline is { } next && next.Due < _alarmAt)
        {
            _alarmAt = next.Due;
            _alarm.Set(next.Due);
        }
    }

    private void OnAlarm()
    {
        var now = _clock.Now;
        (DeadlineKind Kind, long Due) due;
        lock (_lock)
        {
            _alarmAt = long.MaxValue;
            if (_lifecycle.NextDeadline is not { } next || next.Due > now)
            {
                SetAlarm();
                return;
            }

            due = next;
        }

        Post(LifecycleEvent.DeadlineElapsed(due.Kind, due.Due, _watch.SignsAt(now)));
    }
}
