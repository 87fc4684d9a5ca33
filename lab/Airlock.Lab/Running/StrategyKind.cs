namespace Airlock.Lab.Running;

/// <summary>How schedules are chosen.</summary>
internal enum StrategyKind
{
    /// <summary>Everything within 0 delays, then 1, then 2, as far as the budget goes.</summary>
    Delay,

    /// <summary>Random priorities with one change.</summary>
    Pct2,

    /// <summary>Random priorities with two changes.</summary>
    Pct3,

    /// <summary>Evenly among all steps.</summary>
    Random,
}
