using System.Diagnostics.Metrics;

namespace Airlock;

/// <summary>The instruments of one server. What is counted lies in each <see cref="EndpointMetrics"/>; whoever collects reads it there, without a lock and without touching a connection.</summary>
internal sealed class Instruments
{
    private static readonly string[] _gateStates = [.. Enum.GetNames<GateState>().Select(static name => name.ToLowerInvariant())];

    private readonly GateBoard _gates;
    private readonly MemorySessionStore? _store;
    private readonly Func<bool> _isDraining;
    private readonly Histograms _histograms;
    private volatile EndpointMetrics[] _endpoints = [];

    internal Instruments(IMeterFactory meters, GateBoard gates, ISessionStore store, Func<bool> isDraining)
    {
        (_gates, _store, _isDraining) = (gates, store as MemorySessionStore, isDraining);
        var meter = meters.Create(new MeterOptions(AirlockTelemetry.MeterName));
        meter.CreateObservableUpDownCounter("airlock.connections", () => Each(static e => e.Connections()), "{connection}", "Connections that have not ended, by state.");
        meter.CreateObservableUpDownCounter("airlock.connections.blocked", () => Each(static e => e.Blocked), "{connection}", "Connections whose peer does not read what is sent to it at the moment.");
        meter.CreateObservableUpDownCounter("airlock.held.messages", () => Each(static e => e.HeldMessages), "{message}", "Messages that came before ready and are not stored yet.");
        meter.CreateObservableUpDownCounter("airlock.held.size", () => Each(static e => e.HeldBytes), "By", "Payload of the messages that came before ready and are not stored yet.");
        var turns = meter.CreateObservableUpDownCounter("airlock.turns.active", () => Each(static e => e.Turns), "{turn}", "Turns under way, those that wait for a gate or for a place included.");
        meter.CreateObservableUpDownCounter("airlock.turns.waiting", () => Each(static e => e.WaitingTurns), "{turn}", "Turns that wait because as many are under way in the process as may be.");
        meter.CreateObservableUpDownCounter("airlock.sessions", Sessions, "{session}", "Live sessions, by whether a connection serves them.");
        meter.CreateObservableGauge("airlock.gate.state", Gates, null, "1 for the state that a gate is in, 0 for the others.");
        meter.CreateObservableGauge("airlock.draining", () => _isDraining() ? 1 : 0, null, "1 while the server sends its connections away and takes no new ones.");
        meter.CreateObservableCounter("airlock.connection.closes", () => Each(static e => e.Closes()), "{connection}", "Connections that have ended, by cause and by the phase in which the end began.");
        meter.CreateObservableCounter("airlock.connection.closes.explained", () => Each(static e => e.Explained()), "{connection}", "Ends of connections whose session was resumed, by their cause here and by what it comes to with what the client saw.");
        meter.CreateObservableCounter("airlock.session.attaches", () => Each(static e => e.Attaches()), "{attach}", "Attaches of connections to sessions, by outcome.");
        _histograms = new Histograms(meter, turns);
    }

    /// <summary>Counts for one more endpoint. Not called concurrently with itself by one server's start, but safe with a collection.</summary>
    /// <param name="endpoint">Its name.</param>
    /// <param name="window">How many messages a client of it may have under way.</param>
    internal EndpointMetrics Add(string endpoint, int window)
    {
        var added = new EndpointMetrics(_histograms, endpoint, window);
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
        return [new(live - detached, new KeyValuePair<string, object?>(Tag.State, "attached")), new(detached, new KeyValuePair<string, object?>(Tag.State, "detached"))];
    }

    private IEnumerable<Measurement<int>> Gates() =>
        from gate in _gates.Gates
        from state in Enum.GetValues<GateState>()
        select new Measurement<int>(gate.State == state ? 1 : 0, new(Tag.Gate, gate.Name), new(Tag.Required, gate.IsRequired), new(Tag.State, _gateStates[(int)state]));
}
