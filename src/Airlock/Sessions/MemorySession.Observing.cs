using Airlock.Core;

namespace Airlock;

/// <summary>What can be seen of a session from outside.</summary>
internal sealed partial class MemorySession
{
    /// <summary>Which one of its store it is, from 1.</summary>
    internal long Number { get; }

    /// <summary>Whether it is what a request asks for: a session belongs to its endpoint and to the values of its route.</summary>
    internal bool IsAt(AttachRequest request) => Endpoint == request.Endpoint && Route.Count == request.Route.Count && !Route.Except(request.Route).Any();

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
