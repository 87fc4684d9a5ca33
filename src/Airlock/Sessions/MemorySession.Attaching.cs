using Airlock.Core;

namespace Airlock;

/// <summary>Who serves the session: connections come and go.</summary>
internal sealed partial class MemorySession
{
    /// <summary>Answers an attach of this session; null if it has ended.</summary>
    internal (ResumeVerdict Verdict, AttachOutcome Outcome)? Attach(AttachRequest request)
    {
        ISessionObserver? superseded = null;
        ResumeVerdict verdict;
        AttachOutcome outcome;
        lock (_lock)
        {
            if (_core.State == SessionState.Ended)
            {
                return null;
            }

            var (generation, connection) = (_core.Generation, _core.Connection);
            verdict = _core.Attach(request.Connection, request.Resume!.Attempt, request.Resume.Received, request.Features);
            if (verdict == ResumeVerdict.Resumed && _core.Generation != generation)
            {
                (superseded, _observer) = (_observer, request.Observer);
                DetachedAt = long.MaxValue;
                _user.Store.Addresses.NoteAttached(this);
                _expiry.Clear();
                if (connection is not null)
                {
                    // Written down before the old connection is told to close: it may be gone already, and never report an end of its own.
                    Previous = new ConnectionEnd(connection, CloseReason.Superseded, CloseReason.Superseded.ResumeCode);
                }
            }

            outcome = Describe(isResumed: true);
            ReleaseRoom();
        }

        superseded?.OnRevoked(CloseReason.Superseded, retryAfter: null);
        return (verdict, outcome);
    }

    /// <summary>The attachment as it stands.</summary>
    internal AttachOutcome Describe(bool isResumed)
    {
        lock (_lock)
        {
            return new()
            {
                Log = this,
                Generation = _core.Generation,
                Attempt = _core.Attempt,
                IsResumed = isResumed,
                Positions = _core.Positions,
                Previous = isResumed ? Previous : null,
            };
        }
    }

    internal bool IsServedBy(string connection)
    {
        lock (_lock)
        {
            return _core.State == SessionState.Attached && _core.Connection == connection;
        }
    }

    public ValueTask DetachAsync(long generation, ConnectionEnd end)
    {
        lock (_lock)
        {
            if (_core.Detach(generation))
            {
                _observer = null;
                Previous = end;
                DetachedAt = _user.Store.Clock.Now;
                _user.Store.Addresses.NoteDetached(this);
                _expiry.Set(DetachedAt + _user.Store.Options.ResumeTimeout.Ticks);
            }
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask RevokeAsync(CloseReason reason, TimeSpan? retryAfter)
    {
        ISessionObserver? observer;
        lock (_lock)
        {
            observer = _observer;
        }

        observer?.OnRevoked(reason, retryAfter);
        return ValueTask.CompletedTask;
    }
}
