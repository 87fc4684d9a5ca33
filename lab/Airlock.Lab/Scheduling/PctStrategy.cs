namespace Airlock.Lab.Scheduling;

/// <summary>Probabilistic concurrency testing (Burckhardt et al., ASPLOS 2010): random priorities of the parties, and depth - 1 points at which the one that leads falls last.</summary>
/// <remarks>A race that needs d orderings is found with a probability of at least 1/(n·k^(d-1)) a run, for n parties and k decisions. Parties here may have several steps ready at once, so read the bound as an estimate.</remarks>
/// <param name="seed">Decides everything.</param>
/// <param name="depth">How many orderings a race may need: 2 or 3.</param>
public sealed class PctStrategy(ulong seed, int depth) : Strategy
{
    private readonly List<ulong> _priorities = [];
    private readonly HashSet<int> _changes = [];
    private ulong _run;
    private Random64 _random = new(seed);
    private int _decisions;
    private int _longest = 20;
    private ulong _lowest;

    /// <inheritdoc/>
    public override bool BeginRun()
    {
        _longest = Math.Max(_longest, _decisions);
        _decisions = 0;
        ChooseSurroundings(seed, _run);
        _random = new Random64((seed * 0xD1B54A32D192ED03) + _run++);
        _priorities.Clear();
        _lowest = 1UL << 32;
        _changes.Clear();
        for (var i = 1; i < depth; i++)
        {
            _changes.Add(_random.Below(_longest));
        }

        return true;
    }

    /// <inheritdoc/>
    public override int ChooseStep(ReadOnlySpan<Step> ready, Actor? time)
    {
        var first = First(ready, time);
        if (_changes.Contains(_decisions++))
        {
            _priorities[(first == ready.Length ? time! : ready[first].Actor).Number] = --_lowest;
            first = First(ready, time);
        }

        return first;
    }

    /// <inheritdoc/>
    public override int ChooseOption(int options) => _random.Below(options);

    private int First(ReadOnlySpan<Step> ready, Actor? time)
    {
        var first = 0;
        ulong highest = 0;
        for (var i = 0; i < ready.Length; i++)
        {
            if (Priority(ready[i].Actor) is var priority && priority > highest)
            {
                (first, highest) = (i, priority);
            }
        }

        return time is not null && Priority(time) > highest ? ready.Length : first;
    }

    private ulong Priority(Actor actor)
    {
        while (_priorities.Count <= actor.Number)
        {
            _priorities.Add(_random.Next() | (1UL << 33));
        }

        return _priorities[actor.Number];
    }
}
