namespace Airlock.Lab.Scheduling;

/// <summary>Repeats a schedule once. After its last decision everything is served first come, first served.</summary>
/// <param name="schedule">The decisions.</param>
public sealed class ReplayStrategy(Schedule schedule) : Strategy
{
    private int _position;

    /// <inheritdoc/>
    public override bool BeginRun()
    {
        _position = 0;
        Surroundings = schedule.Surroundings;
        return true;
    }

    /// <inheritdoc/>
    public override int ChooseStep(ReadOnlySpan<Step> ready, Actor? time)
    {
        var options = ready.Length + (time is null ? 0 : 1);
        if (_position < schedule.Decisions.Count && schedule.Decisions[_position] is var choice && choice >= options)
        {
            var names = string.Join(", ", ready.ToArray().Select(static step => $"{step.Actor.Name} ({step.Label ?? "goes on"})").Concat(time is null ? [] : ["time passes"]));
            throw new SimulationException(FailureKind.Divergence, $"diverged at step {_position + 1}, expected option {choice}, got only {options}: {names}");
        }

        return Next();
    }

    /// <inheritdoc/>
    public override int ChooseOption(int options)
    {
        if (_position < schedule.Decisions.Count && schedule.Decisions[_position] is var choice && choice >= options)
        {
            throw new SimulationException(FailureKind.Divergence, $"diverged at step {_position + 1}, expected option {choice} of the world, got only {options}");
        }

        return Next();
    }

    /// <summary>Checks, after a run, that the schedule was not longer than the run.</summary>
    /// <exception cref="SimulationException">It was.</exception>
    public void AssertUsedUp()
    {
        if (_position < schedule.Decisions.Count)
        {
            throw new SimulationException(FailureKind.Divergence, $"diverged at step {_position + 1}, expected option {schedule.Decisions[_position]}, got the end of the run");
        }
    }

    private int Next() => _position < schedule.Decisions.Count ? schedule.Decisions[_position++] : 0;
}
