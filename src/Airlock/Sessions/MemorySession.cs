using System.Diagnostics;
using Airlock.Core;

namespace Airlock;

/// <summary>A session in memory: the pure core under a short lock. Observers and waiters are told after the lock is left.</summary>
internal sealed partial class MemorySession : ISessionLog
{
    private readonly Lock _lock = new();
    private readonly SessionCore _core;
    private readonly MemoryUser _user;
    private readonly DeadlineQueue.Alarm _expiry;
    private volatile ISessionObserver? _observer;
    private Action<TurnTry>? _stopLive;
    private TurnTry? _live;
    private long _claim;
    private bool _turnWaits;
    private List<TaskCompletionSource>? _waitForRoom;
    private bool _leased;

    internal MemorySession(MemoryUser user, string id, long number, AttachRequest request, DeadlineQueue deadlines)
    {
        _user = user;
        Id = id;
        Number = number;
        Endpoint = request.Endpoint;
        Route = request.Route;
        Address = request.Address;
        Instance = request.Instance;
        Principal = request.Principal;
        DetachedNode = new LinkedListNode<MemorySession>(this);
        _observer = request.Observer;
        _core = new SessionCore(request.Connection, request.Resume?.Attempt ?? 1, request.Limits, request.Features);
        _expiry = deadlines.NewAlarm(() => End(CloseReason.SessionEnded, onlyDetached: true));
    }

    public string Id { get; }

    public Principal Principal { get; }

    public IReadOnlyDictionary<string, string> Route { get; }

    internal string Endpoint { get; }

    /// <summary>Where the connection came from that began it, or null.</summary>
    internal string? Address { get; }

    /// <summary>Which client object made it, or null.</summary>
    internal string? Instance { get; }

    /// <summary>Its place among the detached ones of its address; guarded by the lock for addresses.</summary>
    internal LinkedListNode<MemorySession> DetachedNode { get; }

    /// <summary>Since when no connection serves it, in ticks; long.MaxValue while one does.</summary>
    internal long DetachedAt { get; private set => field = _user.Store.Recount(field, value); } = long.MaxValue;

    internal ConnectionEnd? Previous { get; private set; }

    /// <summary>The groups it is in; guarded by the store's lock for groups.</summary>
    internal HashSet<string> Groups { get; } = [];

    public SessionPositions Positions
    {
        get
        {
            lock (_lock)
            {
                return _core.Positions;
            }
        }
    }

    public OutboxEntry? After(long cursor)
    {
        lock (_lock)
        {
            return _core.Outbox.After(cursor);
        }
    }

    public ValueTask<AppendVerdict> AppendAsync(long generation, long sequence, string id, ReadOnlyMemory<byte> payload, string? traceParent = null)
    {
        AppendVerdict verdict;
        bool isAnnounced;
        lock (_lock)
        {
            verdict = _core.Append(generation, sequence, id, payload, traceParent);
            // Whoever ends a session tells its connection why; that it is fenced is not the reason.
            verdict = verdict == AppendVerdict.Fenced && _core.State == SessionState.Ended ? AppendVerdict.Ended : verdict;
            isAnnounced = _turnWaits && verdict == AppendVerdict.Stored;
        }

        if (isAnnounced)
        {
            Tell();
        }

        return new(verdict);
    }

    public ValueTask<AckVerdict> AcknowledgeAsync(long generation, long sequence)
    {
        AckVerdict verdict;
        bool isTold;
        bool isFinished;
        lock (_lock)
        {
            var appended = _core.Outbox.Appended;
            verdict = _core.Acknowledge(generation, sequence);
            verdict = verdict == AckVerdict.Fenced && _core.State == SessionState.Ended ? AckVerdict.Ended : verdict;
            // Room was made, and the client is to hear of what did not fit before.
            isTold = _core.Outbox.Appended != appended;
            isFinished = _core.IsFinished;
            ReleaseRoom();
        }

        if (isTold)
        {
            Tell();
        }

        EndIf(isFinished);
        return new(verdict);
    }

    public ValueTask<AttachmentVerdict> StopAsync(long generation, long sequence)
    {
        AttachmentVerdict verdict;
        Action<TurnTry>? stop;
        TurnTry? turn;
        lock (_lock)
        {
            verdict = Judge(generation);
            _core.Stop(generation, sequence);
            turn = _live;
            // Also between two tries: the wait for the next one ends.
            stop = _core.Inbox.Next is { StopAsked: true } ? Interlocked.Exchange(ref _stopLive, null) : null;
        }

        stop?.Invoke(turn!);
        return new(verdict);
    }

    public ValueTask<AttachmentVerdict> EndInputAsync(long generation)
    {
        AttachmentVerdict verdict;
        bool isFinished;
        lock (_lock)
        {
            verdict = Judge(generation);
            isFinished = _core.EndInput(generation) && _core.IsFinished;
        }

        EndIf(isFinished);
        return new(verdict);
    }

    public ValueTask EndAsync(CloseReason reason)
    {
        End(reason);
        return ValueTask.CompletedTask;
    }

    internal void End(CloseReason reason, bool onlyDetached = false)
    {
        ISessionObserver? observer;
        Action<TurnTry>? stop;
        TurnTry? turn;
        SessionPositions positions;
        lock (_lock)
        {
            // An alarm may ring, or room may be made, while the client comes back.
            if (_core.State == SessionState.Ended || (onlyDetached && _core.State == SessionState.Attached))
            {
                return;
            }

            _core.End();
            positions = _core.Positions;
            (observer, _observer) = (_observer, null);
            (stop, _stopLive) = (_stopLive, null);
            turn = _live;
            _expiry.Retire();
            ReleaseRoom();
        }

        _user.Remove(this, positions);
        stop?.Invoke(turn!);
        observer?.OnRevoked(reason, retryAfter: null);
    }

    public ValueTask<TurnVerdict> PushAsync(ReadOnlyMemory<byte> payload)
    {
        TurnVerdict verdict;
        lock (_lock)
        {
            verdict = _core.Push(payload);
        }

        return new(TellIfApplied(verdict));
    }

    private TurnVerdict TellIfApplied(TurnVerdict verdict)
    {
        if (verdict == TurnVerdict.Applied)
        {
            Tell();
        }

        return verdict;
    }

    private AttachmentVerdict Judge(long generation) =>
        _core.State == SessionState.Ended ? AttachmentVerdict.Ended : _core.IsFenced(generation) ? AttachmentVerdict.Fenced : AttachmentVerdict.Applied;

    private void Tell() => _observer?.OnChanged();

    /// <summary>Wakes writers that wait for room; the caller holds the lock, and their continuations do not run on this stack.</summary>
    private void ReleaseRoom()
    {
        Debug.Assert(_lock.IsHeldByCurrentThread);
        if (_waitForRoom is { Count: > 0 } && (!_core.Outbox.IsFull || _core.State == SessionState.Ended))
        {
            foreach (var waiter in _waitForRoom)
            {
                waiter.TrySetResult();
            }

            _waitForRoom.Clear();
        }
    }

    private void EndIf(bool isFinished)
    {
        if (isFinished)
        {
            // With the close goes that the last message is done.
            Tell();
            End(CloseReason.Bye);
        }
    }
}
