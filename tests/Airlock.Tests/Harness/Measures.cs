using System.Diagnostics.Metrics;
using System.Threading.Channels;

namespace Airlock.Tests.Harness;

/// <summary>Gives a server its meter and listens to that one alone.</summary>
internal sealed class Measures : IMeterFactory
{
    private readonly MeterListener _listener = new();
    private readonly Lock _lock = new();
    private readonly List<(string Name, double Value, string Tags)> _recorded = [];
    private readonly Channel<int> _recordings = Channel.CreateUnbounded<int>();
    private readonly Dictionary<string, Instrument> _instruments = [];
    private readonly Dictionary<string, double> _observed = [];

    /// <summary>Starts to listen.</summary>
    /// <param name="listens">Whether to listen at all.</param>
    public Measures(bool listens = true)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Scope == this)
            {
                lock (_lock)
                {
                    _instruments.Add(instrument.Name, instrument);
                }

                if (listens)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.Start();
    }

    public IReadOnlyDictionary<string, Instrument> Instruments => _instruments;

    /// <summary>Called for every observed value, in the middle of a collection.</summary>
    public Action? Observing { get; set; }

    public Meter Create(MeterOptions options)
    {
        options.Scope = this;
        return new Meter(options);
    }

    public void Dispose() => _listener.Dispose();

    /// <summary>What was recorded by an instrument so far: a value and its tags as <c>outcome=ready phase=accepted</c>, without their common prefix.</summary>
    public IReadOnlyList<(double Value, string Tags)> Of(string name)
    {
        Assert.False(Instruments[name].IsObservable, $"{name} keeps totals; ask for its counts.");
        lock (_lock)
        {
            return [.. _recorded.Where(r => r.Name == name).Select(r => (r.Value, r.Tags))];
        }
    }

    /// <summary>Waits until an instrument has recorded that often: what is measured at the end of something comes after its last frame.</summary>
    public async Task WaitForAsync(string name, int count)
    {
        using var patience = new CancellationTokenSource(TestServer.Patience);
        while (Of(name).Count < count)
        {
            await _recordings.Reader.ReadAsync(patience.Token);
        }
    }

    /// <summary>How often an instrument recorded these tags, in words; sorted. Of one that keeps totals, those that are not zero.</summary>
    public IReadOnlyList<string> Counts(string name) => Instruments[name].IsObservable
        ? [.. CollectAll().Where(o => o.Value != 0 && o.Key.StartsWith($"{name["airlock.".Length..]} ", StringComparison.Ordinal)).Select(static o => $"{o.Value} {o.Key[(o.Key.IndexOf(' ') + 1)..]}").Order(StringComparer.Ordinal)]
        : [.. Of(name).GroupBy(r => r.Tags).Select(g => $"{g.Count()} {g.Key}").Order(StringComparer.Ordinal)];

    /// <summary>Collects what is at the moment: the observable instruments' values that are not zero, as <c>connections state=accepted</c>, without totals.</summary>
    public IReadOnlyDictionary<string, double> Collect() =>
        CollectAll().Where(o => o.Value != 0 && Instruments[$"airlock.{o.Key.Split(' ')[0]}"] is not ObservableCounter<long>).ToDictionary();

    /// <summary>Collects the observable instruments: every value, zeros too.</summary>
    public IReadOnlyDictionary<string, double> CollectAll()
    {
        lock (_observed)
        {
            _observed.Clear();
            _listener.RecordObservableInstruments();
            return _observed.ToDictionary();
        }
    }

    private void Record(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var text = string.Join(' ', tags.ToArray().Where(t => t.Key != "airlock.endpoint").Select(t => $"{t.Key["airlock.".Length..]}={t.Value}"));
        if (instrument.IsObservable)
        {
            Observing?.Invoke();
            var key = $"{instrument.Name["airlock.".Length..]} {text}".TrimEnd();
            _observed[key] = _observed.GetValueOrDefault(key) + value;
        }
        else
        {
            lock (_lock)
            {
                _recorded.Add((instrument.Name, value, text));
            }

            _recordings.Writer.TryWrite(0);
        }
    }
}
