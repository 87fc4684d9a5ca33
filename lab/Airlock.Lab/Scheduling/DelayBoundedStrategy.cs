namespace Airlock.Lab.Scheduling;

/// <summary>Explores every schedule that deviates from first-come-first-served by at most so many delays in all: taking the option at place i costs i.</summary>
/// <param name="bound">The delays allowed in all; <see cref="int.MaxValue"/> for every schedule there is.</param>
public sealed class DelayBoundedStrategy(int bound) : Strategy
{
    private readonly List<(int Choice, int Options)> _path = [];
    private int _position;
    private int _spent;
    private bool _hasBegun;

    /// <summary>Whether every schedule within the bound has been run.</summary>
    public bool IsExhausted { get; private set; }

    /// <inheritdoc/>
    public override bool BeginRun()
    {
        _position = 0;
        if (!_hasBegun)
        {
            _hasBegun = true;
            return true;
        }

        while (_path.Count > 0)
        {
            var (choice, options) = _path[^1];
            if (choice + 1 < options && _spent < bound)
            {
                _spent++;
                _path[^1] = (choice + 1, options);
                return true;
            }

            _spent -= choice;
            _path.RemoveAt(_path.Count - 1);
        }

        IsExhausted = true;
        return false;
    }

    /// <inheritdoc/>
    public override int ChooseStep(ReadOnlySpan<Step> ready, Actor? time) => ChooseOption(ready.Length + (time is null ? 0 : 1));

    /// <inheritdoc/>
    public override int ChooseOption(int options)
    {
        if (_position == _path.Count)
        {
            _path.Add((0, options));
        }

        var (choice, then) = _path[_position++];
        return then == options ? choice : throw new SimulationException(FailureKind.Divergence, $"Decision {_position} had {then} options in one run and {options} in the next: the subject is not deterministic.");
    }
}
