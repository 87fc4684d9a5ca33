using Airlock.Lab.Simulation;

namespace Airlock.Lab.Scheduling;

/// <summary>Decides what happens next wherever more than one thing can. One strategy serves many runs, one after another.</summary>
public abstract class Strategy
{
    /// <summary>What surrounds the subject in the run that has begun.</summary>
    public Surroundings Surroundings { get; protected set; } = Surroundings.Ordinary;

    /// <summary>Whether every second run of a strategy that decides by chance has surroundings chosen by it, too. Default: false.</summary>
    public bool VariesSurroundings { get; init; }

    /// <summary>Prepares for the next run.</summary>
    /// <returns>False if everything within its bounds has been explored.</returns>
    public abstract bool BeginRun();

    /// <summary>Chooses the surroundings of a run.</summary>
    /// <param name="seed">What decides, with the run's number; not the run's own generator, which decides the same whether they are chosen or not.</param>
    /// <param name="run">The run's number, from 0.</param>
    protected void ChooseSurroundings(ulong seed, ulong run) =>
        Surroundings = VariesSurroundings && run % 2 == 1 ? Surroundings.Choose(new Random64((seed * 0x9E3779B97F4A7C15) ^ (run + 0x632BE59BD9B4E019))) : Surroundings.Ordinary;

    /// <summary>Chooses the next step.</summary>
    /// <param name="ready">What can happen, oldest first.</param>
    /// <param name="time">The clock if time may pass instead: then <c>ready.Length</c> is an option too.</param>
    public abstract int ChooseStep(ReadOnlySpan<Step> ready, Actor? time);

    /// <summary>Chooses what the world leaves open.</summary>
    /// <param name="options">How many options there are; the first is the ordinary one.</param>
    public abstract int ChooseOption(int options);
}
