namespace Airlock.Core.Tests;

/// <summary>Breadth-first search over everything that can happen: each state once, so a failure comes with the shortest way to it.</summary>
/// <param name="keyOf">What tells two states apart.</param>
/// <param name="expand">Names every step from a state and makes the state after it. What it throws is a violation.</param>
internal sealed class Exploration<TState, TKey>(Func<TState, TKey> keyOf, Action<TState, Action<string, Func<TState>>> expand)
    where TState : class
    where TKey : notnull
{
    private readonly Dictionary<TKey, int> _indexes = [];
    private readonly List<TState?> _states = [];
    private readonly List<(int Parent, string Step)> _origins = [];
    private readonly List<(int From, int To)> _edges = [];

    public int States => _states.Count;

    public int Steps => _edges.Count;

    /// <summary>Explores everything that can be reached.</summary>
    /// <param name="start">Where to start.</param>
    /// <param name="isEnd">Whether all is over. Every state must be able to reach such a one; one without a step must be one.</param>
    /// <param name="statesMax">A bound that says when a model has become too large.</param>
    public void Run(TState start, Func<TState, bool> isEnd, int statesMax = 2_000_000)
    {
        Add(start, -1, "");
        var ends = new List<int>();
        for (var at = 0; at < _states.Count; at++)
        {
            var state = _states[at]!;
            var edges = _edges.Count;
            var step = "";
            try
            {
                expand(state, (name, next) =>
                {
                    step = name;
                    _edges.Add((at, Add(next(), at, name)));
                });
            }
            catch (Exception violation)
            {
                Fail(at, $"{step}\n{violation.Message}");
            }

            if (isEnd(state))
            {
                ends.Add(at);
            }
            else if (_edges.Count == edges)
            {
                Fail(at, "Deadlock: nothing can happen any more, and it is not over.");
            }

            // Only the way to a state is needed once it is expanded.
            _states[at] = null;
            if (_states.Count > statesMax)
            {
                Assert.Fail($"More than {statesMax} states.");
            }
        }

        var stuck = FirstThatReachesNone(ends);
        if (stuck >= 0)
        {
            Fail(stuck, "From here no end can be reached.");
        }
    }

    private int Add(TState state, int parent, string step)
    {
        var key = keyOf(state);
        if (!_indexes.TryGetValue(key, out var index))
        {
            index = _states.Count;
            _indexes.Add(key, index);
            _states.Add(state);
            _origins.Add((parent, step));
        }

        return index;
    }

    private int FirstThatReachesNone(List<int> ends)
    {
        var before = _edges.ToLookup(edge => edge.To, edge => edge.From);
        var reaches = new bool[_states.Count];
        var open = new Stack<int>(ends);
        while (open.TryPop(out var state))
        {
            if (!reaches[state])
            {
                reaches[state] = true;
                foreach (var earlier in before[state])
                {
                    open.Push(earlier);
                }
            }
        }

        return Array.IndexOf(reaches, false);
    }

    private void Fail(int at, string what)
    {
        var path = new Stack<string>();
        for (; at > 0; at = _origins[at].Parent)
        {
            path.Push(_origins[at].Step);
        }

        Assert.Fail($"After {path.Count} steps ({string.Join(", ", path)}): {what}");
    }
}
