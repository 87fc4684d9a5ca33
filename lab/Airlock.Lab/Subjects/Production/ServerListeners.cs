using System.Diagnostics;
using System.Diagnostics.Metrics;
using Airlock.Lab.Scheduling;

namespace Airlock.Lab.Subjects.Production;

/// <summary>Listens to every metric and every span of one server, as a host's monitoring does, or as one does whose code throws.</summary>
internal sealed class ServerListeners : IDisposable
{
    private readonly MeterListener _meters = new();
    private readonly ActivityListener _spans;

    /// <param name="meters">Where the server's meter comes from.</param>
    /// <param name="scheduler">Spans are the process's: those of another run are not this one's.</param>
    /// <param name="throws">Whether it throws at each that it is told.</param>
    public ServerListeners(IMeterFactory meters, Scheduler scheduler, bool throws)
    {
        _meters.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter.Scope, meters) && !instrument.IsObservable)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _meters.SetMeasurementEventCallback<double>((_, _, _, _) => Hear());
        _meters.SetMeasurementEventCallback<long>((_, _, _, _) => Hear());
        _meters.SetMeasurementEventCallback<int>((_, _, _, _) => Hear());
        _meters.Start();
        _spans = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == AirlockTelemetry.ActivitySourceName,
            Sample = (ref _) => IsHere() ? ActivitySamplingResult.AllDataAndRecorded : ActivitySamplingResult.None,
            ActivityStopped = _ => HearSpan(),
        };
        ActivitySource.AddActivityListener(_spans);

        bool IsHere() => SynchronizationContext.Current is Actor actor && actor.IsOf(scheduler);

        void HearSpan()
        {
            if (IsHere())
            {
                Hear();
            }
        }

        void Hear()
        {
            if (throws)
            {
                throw new InvalidOperationException("Whoever listens fails, as the surroundings want it.");
            }
        }
    }

    public void Dispose()
    {
        _meters.Dispose();
        _spans.Dispose();
    }
}
