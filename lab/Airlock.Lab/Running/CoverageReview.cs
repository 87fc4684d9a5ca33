using Airlock.Core;
using Airlock.Lab.Subjects.Production;

namespace Airlock.Lab.Running;

/// <summary>Compares what the transition table was asked with what can be asked of it.</summary>
internal sealed class CoverageReview
{
    private static readonly ConnectionState[] _states = Enum.GetValues<ConnectionState>();
    private static readonly EventKind[] _events = Enum.GetValues<EventKind>();

    /// <summary>Makes the review.</summary>
    /// <param name="coverage">What was asked in all runs.</param>
    /// <param name="impossible">The pairs that the driver cannot ask for.</param>
    public CoverageReview(Coverage coverage, IReadOnlyCollection<(ConnectionState, EventKind)> impossible)
    {
        var pairs = _states.SelectMany(static state => _events.Select(kind => (State: state, Kind: kind))).ToList();
        Counts = [.. pairs.Select(pair => (pair.State, pair.Kind, coverage.Of(pair.State, pair.Kind)))];
        Possible = pairs.Count - impossible.Count;
        Reached = Counts.Count(count => count.Asked > 0 && !impossible.Contains((count.State, count.Kind)));
        NotReached = [.. Counts.Where(count => count.Asked == 0 && !impossible.Contains((count.State, count.Kind))).Select(static count => $"{count.State} + {count.Kind}")];
        WronglyListed = [.. Counts.Where(count => count.Asked > 0 && impossible.Contains((count.State, count.Kind))).Select(static count => $"{count.State} + {count.Kind}")];
    }

    /// <summary>How often each pair was asked for, in the order of the table.</summary>
    public IReadOnlyList<(ConnectionState State, EventKind Kind, long Asked)> Counts { get; }

    /// <summary>How many pairs the driver can ask for.</summary>
    public int Possible { get; }

    /// <summary>How many of them it did ask for.</summary>
    public int Reached { get; }

    /// <summary>Those it did not.</summary>
    public IReadOnlyList<string> NotReached { get; }

    /// <summary>Those that are listed as impossible, and happened.</summary>
    public IReadOnlyList<string> WronglyListed { get; }

    /// <summary>Whether everything that can be asked was, and nothing else.</summary>
    public bool IsComplete => NotReached.Count == 0 && WronglyListed.Count == 0;
}
