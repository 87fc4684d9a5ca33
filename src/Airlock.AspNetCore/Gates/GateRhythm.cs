using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Airlock.AspNetCore;

/// <summary>What the results of a gate's checks mean, one after another: its state, and when to check again. Knows no clock.</summary>
/// <remarks>
/// A gate that was never open opens at the first good result, so that a cold start is short. An open one closes after several bad results in a row, and
/// one that closed opens after two good ones, so that a dependency which flickers does not make every connection flicker.
/// </remarks>
internal sealed class GateRhythm(AirlockOptions options)
{
    /// <summary>How many checks of a closed gate come at the closed interval before they grow rarer.</summary>
    private const int Patience = 30;

    private int _good;
    private int _bad;

    internal GateState State { get; private set; } = GateState.Waiting;

    /// <summary>Takes in a result.</summary>
    /// <returns>How long to wait before the next check.</returns>
    internal TimeSpan Observe(HealthStatus result)
    {
        if (result == HealthStatus.Unhealthy)
        {
            _good = 0;
            _bad++;
            if (State is GateState.Open or GateState.Degraded)
            {
                if (_bad < options.GateFailuresMax)
                {
                    return options.GateIntervalClosed;
                }

                State = GateState.Failed;
                _bad = 1;
            }

            return AfterBad(_bad);
        }

        _bad = 0;
        _good++;
        if (State == GateState.Failed && _good < 2)
        {
            return options.GateIntervalClosed;
        }

        State = result == HealthStatus.Healthy ? GateState.Open : GateState.Degraded;
        return options.GateInterval;
    }

    /// <summary>Quick at first, for what is just starting; then steady; then ever rarer, for what is down for long.</summary>
    private TimeSpan AfterBad(int bad)
    {
        var steady = options.GateIntervalClosed;
        return bad <= 3 ? steady / (1 << (4 - bad))
            : bad <= Patience ? steady
            : TimeSpan.FromTicks(Math.Min(Math.Max(options.GateInterval.Ticks, steady.Ticks), steady.Ticks << Math.Min(16, bad - Patience)));
    }
}
