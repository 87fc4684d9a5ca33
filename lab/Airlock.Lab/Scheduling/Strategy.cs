namespace Airlock.Lab.Scheduling;

/// <summary>Decides what happens next wherever more than one thing can. One strategy serves many runs, one after another.</summary>
public abstract class Strategy
{
    /// <summary>Prepares for the next run.</summary>
    /// <returns>False if everything within its bounds has been explored.</returns>
    public abstract bool BeginRun();

    /// <summary>Chooses the next step.</summary>
    /// <param name="ready">What can happen, oldest first.</param>
    /// <param name="time">The clock if time may pass instead: then <c>ready.Length</c> is an option too.</param>
    public abstract int ChooseStep(ReadOnlySpan<Step> ready, Actor? time);

    /// <summary>Chooses what the world leaves open.</summary>
    /// <param name="options">How many options there are; the first is the ordinary one.</param>
    public abstract int ChooseOption(int options);
}
