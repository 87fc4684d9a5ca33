using System.Diagnostics.Metrics;

namespace Airlock;

/// <summary>What is measured as a distribution, and whether anybody listens.</summary>
internal sealed class Histograms
{
    // A default of the collectors counts in milliseconds; these are seconds.
    private static readonly InstrumentAdvice<double> _brief = new() { HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] };
    private static readonly InstrumentAdvice<double> _turn = new() { HistogramBucketBoundaries = [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300] };
    private static readonly InstrumentAdvice<double> _long = new() { HistogramBucketBoundaries = [0.1, 1, 10, 60, 300, 900, 3600, 14_400, 86_400] };
    private static readonly InstrumentAdvice<double> _share = new() { HistogramBucketBoundaries = [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99] };
    private static readonly InstrumentAdvice<int> _tries = new() { HistogramBucketBoundaries = [1, 2, 3, 5, 10] };

    internal Histograms(Meter meter, ObservableUpDownCounter<long> activeTurns)
    {
        ActiveTurns = activeTurns;
        PhaseDuration = meter.CreateHistogram("airlock.connection.phase.duration", "s", "How long connections were in each phase of their start and end.", advice: _brief);
        SetupDuration = meter.CreateHistogram("airlock.connection.setup.duration", "s", "How long connections took to be ready, or to end before.", advice: _brief);
        Duration = meter.CreateHistogram("airlock.connection.duration", "s", "How long connections lasted.", advice: _long);
        TurnDuration = meter.CreateHistogram("airlock.turn.duration", "s", "How long tries of turns took.", advice: _turn);
        ThreadWait = meter.CreateHistogram("airlock.thread.wait.duration", "s", "How long work that was ready to run waited for a thread: the first turn of a run, and the validation of credentials.", advice: _brief);
        TurnTries = meter.CreateHistogram("airlock.turn.tries", "{try}", "How many tries turns needed.", advice: _tries);
        WindowUse = meter.CreateHistogram("airlock.session.window.use", "1", "The share of the window that is in use when a turn begins.", advice: _share);
    }

    /// <summary>No distribution: here, since who watches it watches turns.</summary>
    internal ObservableUpDownCounter<long> ActiveTurns { get; }

    internal Histogram<double> PhaseDuration { get; }

    internal Histogram<double> SetupDuration { get; }

    internal Histogram<double> Duration { get; }

    internal Histogram<double> TurnDuration { get; }

    internal Histogram<double> ThreadWait { get; }

    internal Histogram<int> TurnTries { get; }

    internal Histogram<double> WindowUse { get; }
}
