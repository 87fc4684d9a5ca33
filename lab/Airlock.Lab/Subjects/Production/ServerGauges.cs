using System.Diagnostics.Metrics;

namespace Airlock.Lab.Subjects.Production;

/// <summary>Gives a production server its meter, and listens to what goes up and down in it, as a host's monitoring does: at the end of a run each of those is back at zero.</summary>
internal sealed class ServerGauges : IMeterFactory
{
    private readonly MeterListener _listener = new();
    private readonly List<string> _found = [];
    private Meter? _meter;

    public ServerGauges()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter.Scope, this) && instrument is ObservableUpDownCounter<long>)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            if (value != 0)
            {
                _found.Add($"{instrument.Name} {value} {string.Join(' ', tags.ToArray().Select(static tag => $"{tag.Key}={tag.Value}"))}");
            }
        });
        _listener.Start();
    }

    public Meter Create(MeterOptions options)
    {
        options.Scope = this;
        return _meter = new Meter(options);
    }

    /// <summary>What is not zero, with its tags.</summary>
    public IReadOnlyList<string> NotZero()
    {
        _found.Clear();
        _listener.RecordObservableInstruments();
        return [.. _found];
    }

    public void Dispose()
    {
        _listener.Dispose();
        _meter?.Dispose();
    }
}
