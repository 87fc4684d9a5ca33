using System.Diagnostics;
using Airlock.Core;

namespace Airlock;

/// <summary>What can be seen of a session from outside.</summary>
internal sealed partial class MemorySession
{
    /// <summary>Which one of its store it is, from 1.</summary>
    internal long Number { get; }

    /// <summary>Whether it is what a request asks for: a session belongs to its endpoint and to the values of its route.</summary>
    internal bool IsAt(AttachRequest request) => Endpoint == request.Endpoint && Route.Count == request.Route.Count && !Route.Except(request.Route).Any();

    /// <summary>Checks the invariants: for tests, after each step.</summary>
    /// <exception cref="UnreachableException">One does not hold: a bug in here.</exception>
    internal void CheckInvariants()
    {
        lock (_lock)
        {
            _core.CheckInvariants();
            var isDetached = _core.State == SessionState.Detached;
            var broken = _core.State == SessionState.Ended ? (_observer is not null || _expiry.Due != long.MaxValue ? "it has ended and tells or expires" : null)
                : isDetached != (DetachedAt != long.MaxValue) || isDetached != (_expiry.Due != long.MaxValue) ? $"it is {_core.State}, without a connection since {DetachedAt}, and expires at {_expiry.Due}"
                : isDetached && _observer is not null ? "it tells a connection that has left"
                : _core.HasLiveTry && _live is null ? "a try is live that nobody can be given"
                : _waitForRoom is not null && _waitForRoom.Exists(static waiter => !waiter.Task.IsCompleted) && !_core.Outbox.IsFull ? "somebody waits for room that is there"
                : null;
            if (broken is not null)
            {
                throw new UnreachableException($"The session {Number} is broken: {broken}.");
            }
        }
    }

    /// <returns>Null if it has ended.</returns>
    internal SessionReport? Report()
    {
        lock (_lock)
        {
            return _core.State == SessionState.Ended ? null : new SessionReport(Id)
            {
                Number = Number,
                Endpoint = Endpoint,
                Principal = Principal,
                Connection = _core.Connection ?? Previous?.Connection,
                DetachedFor = DetachedAt == long.MaxValue ? null : TimeSpan.FromTicks(_user.Store.Clock.Now - DetachedAt),
                IsBusy = _leased,
                Positions = _core.Positions,
            };
        }
    }
}
