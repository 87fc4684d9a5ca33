using System.Diagnostics.Metrics;

namespace Airlock;

/// <summary>The instruments of one server. What is counted lies in each <see cref="EndpointMetrics"/>; whoever collects reads it there, without a lock and without touching a connection.</summary>
/// <remarks>Every tag is bounded: endpoints, gates and the enumerations of this library. No id, user or address is a tag.</remarks>
internal sealed class Instruments
{
    /// <summary>The names of the tags.</summary>
    internal const string Endpoint = "airlock.endpoint", State = "airlock.state", Phase = "airlock.phase", Outcome = "airlock.outcome", Cause = "airlock.cause", Code = "airlock.code", Gate = "airlock.gate",
        Required = "airlock.required", Explanation = "airlock.explanation";

    // A default of the collectors counts in milliseconds; these are seconds.
    private static readonly InstrumentAdvice<double> _brief = new() { HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] };
    private static readonly InstrumentAdvice<double> _turn = new() { HistogramBucketBoundaries = [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300] };
    private static readonly InstrumentAdvice<double> _long = new() { HistogramBucketBoundaries = [0.1, 1, 10, 60, 300, 900, 3600, 14_400, 86_400] };
    private static readonly InstrumentAdvice<double> _share = new() { HistogramBucketBoundaries = [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99] };
    private static readonly InstrumentAdvice<int> _tries = new() { HistogramBucketBoundaries = [1, 2, 3, 5, 10] };
    private static readonly string[] _gateStates = [.. Enum.GetNames<GateState>().Select(static name => name.ToLowerInvariant())];

    private readonly GateBoard _gates;
    private readonly MemorySessionStore? _store;
    private readonly Func<bool> _isDraining;
    private volatile EndpointMetrics[] _endpoints = [];

    internal Instruments(IMeterFactory meters, GateBoard gates, ISessionStore store, Func<bool> isDraining)
    {
        (_gates, _store, _isDraining) = (gates, store as MemorySessionStore, isDraining);
        var meter = meters.Create(new MeterOptions(AirlockTelemetry.MeterName));
        meter.CreateObservableUpDownCounter("airlock.connections", () => Each(static e => e.Connections()), "{connection}", "Connections that have not ended, by state.");
        meter.CreateObservableUpDownCounter("airlock.connections.blocked", () => Each(static e => e.Blocked), "{connection}", "Connections whose peer does not read what is sent to it at the moment.");
        meter.CreateObservableUpDownCounter("airlock.held.messages", () => Each(static e => e.HeldMessages), "{message}", "Messages that came before ready and are not stored yet.");
        meter.CreateObservableUpDownCounter("airlock.held.size", () => Each(static e => e.HeldBytes), "By", "Payload of the messages that came before ready and are not stored yet.");
        ActiveTurns = meter.CreateObservableUpDownCounter("airlock.turns.active", () => Each(static e => e.Turns), "{turn}", "Turns under way, those that wait for a gate or for a place included.");
        meter.CreateObservableUpDownCounter("airlock.turns.waiting", () => Each(static e => e.WaitingTurns), "{turn}", "Turns that wait because as many are under way in the process as may be.");
        meter.CreateObservableUpDownCounter("airlock.sessions", Sessions, "{session}", "Live sessions, by whether a connection serves them.");
        meter.CreateObservableGauge("airlock.gate.state", Gates, null, "1 for the state that a gate is in, 0 for the others.");
        meter.CreateObservableGauge("airlock.draining", () => _isDraining() ? 1 : 0, null, "1 while the server sends its connections away and takes no new ones.");
        meter.CreateObservableCounter("airlock.connection.closes", () => Each(static e => e.Closes()), "{connection}", "Connections that have ended, by cause and by the phase in which the end began.");
        meter.CreateObservableCounter("airlock.connection.closes.explained", () => Each(static e => e.Explained()), "{connection}", "Ends of connections whose session was resumed, by their cause here and by what it comes to with what the client saw.");
        meter.CreateObservableCounter("airlock.session.attaches", () => Each(static e => e.Attaches()), "{attach}", "Attaches of connections to sessions, by outcome.");
        PhaseDuration = meter.CreateHistogram("airlock.connection.phase.duration", "s", "How long connections were in each phase of their start and end.", advice: _brief);
        SetupDuration = meter.CreateHistogram("airlock.connection.setup.duration", "s", "How long connections took to be ready, or to end before.", advice: _brief);
        Duration = meter.CreateHistogram("airlock.connection.duration", "s", "How long connections lasted.", advice: _long);
        TurnDuration = meter.CreateHistogram("airlock.turn.duration", "s", "How long tries of turns took.", advice: _turn);
        ThreadWait = meter.CreateHistogram("airlock.thread.wait.duration", "s", "How long work that was ready to run waited for a thread: the first turn of a run, and the validation of credentials.", advice: _brief);
        TurnTries = meter.CreateHistogram("airlock.turn.tries", "{try}", "How many tries turns needed.", advice: _tries);
        WindowUse = meter.CreateHistogram("airlock.session.window.use", "1", "The share of the window that is in use when a turn begins.", advice: _share);
    }

    internal ObservableUpDownCounter<long> ActiveTurns { get; }

    internal Histogram<double> PhaseDuration { get; }

    internal Histogram<double> SetupDuration { get; }

    internal Histogram<double> Duration { get; }

    internal Histogram<double> TurnDuration { get; }

    internal Histogram<double> ThreadWait { get; }

    internal Histogram<int> TurnTries { get; }

    internal Histogram<double> WindowUse { get; }

    /// <summary>Counts for one more endpoint. Not called concurrently with itself by one server's start, but safe with a collection.</summary>
    internal EndpointMetrics Add(Endpoint endpoint)
    {
        var added = new EndpointMetrics(this, endpoint);
        EndpointMetrics[] before;
        do
        {
            before = _endpoints;
        }
        while (Interlocked.CompareExchange(ref _endpoints, [.. before, added], before) != before);
        return added;
    }

    private IEnumerable<Measurement<long>> Each(Func<EndpointMetrics, Measurement<long>> read) => _endpoints.Select(read);

    private IEnumerable<Measurement<long>> Each(Func<EndpointMetrics, IEnumerable<Measurement<long>>> read) => _endpoints.SelectMany(read);

    private IEnumerable<Measurement<long>> Sessions()
    {
        if (_store is null)
        {
            return [];
        }

        var (live, detached) = _store.Census;
        return [new(live - detached, new KeyValuePair<string, object?>(State, "attached")), new(detached, new KeyValuePair<string, object?>(State, "detached"))];
    }

    private IEnumerable<Measurement<int>> Gates() =>
        from gate in _gates.Gates
        from state in Enum.GetValues<GateState>()
        select new Measurement<int>(gate.State == state ? 1 : 0, new(Gate, gate.Name), new(Required, gate.IsRequired), new(State, _gateStates[(int)state]));
}
