namespace Airlock.Lab.Scheduling;

/// <summary>Chooses evenly among all steps. Time passes ahead of ready work once in sixteen decisions, else every run would be one of timeouts.</summary>
/// <param name="seed">Decides everything.</param>
public sealed class RandomStrategy(ulong seed) : Strategy
{
    private ulong _run;
    private Random64 _random = new(seed);

    /// <inheritdoc/>
    public override bool BeginRun()
    {
        ChooseSurroundings(seed, _run);
        _random = new Random64((seed * 0xD1B54A32D192ED03) + _run++);
        return true;
    }

    /// <inheritdoc/>
    public override int ChooseStep(ReadOnlySpan<Step> ready, Actor? time) => time is not null && _random.Below(16) == 0 ? ready.Length : _random.Below(ready.Length);

    /// <inheritdoc/>
    public override int ChooseOption(int options) => _random.Below(options);
}
