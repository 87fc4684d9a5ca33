using System.Diagnostics.Metrics;

namespace Airlock;

/// <summary>What a server's meter says is there at the moment. With everything gone each gauge is back at zero: one that is not would drift for as long as the process lives.</summary>
internal sealed class Gauges : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly List<string> _found = [];

    /// <summary>Listens to the instruments that go up and down.</summary>
    /// <param name="meters">Where the meter comes from.</param>
    internal Gauges(IMeterFactory meters)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter.Scope, meters) && instrument.Meter.Name == "Airlock" && instrument is ObservableUpDownCounter<long>)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            if (value != 0)
            {
                _found.Add($"{instrument.Name} {value} {string.Join(' ', tags.ToArray().Select(static t => $"{t.Key}={t.Value}"))}");
            }
        });
        _listener.Start();
    }

    public void Dispose() => _listener.Dispose();

    /// <summary>Reads them. For one caller at a time.</summary>
    /// <returns>Each series that is not zero, with its tags.</returns>
    internal IReadOnlyList<string> NotZero()
    {
        _found.Clear();
        _listener.RecordObservableInstruments();
        return [.. _found];
    }
}
