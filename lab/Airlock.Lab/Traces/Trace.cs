using System.Runtime.InteropServices;
using Airlock.Lab.Scheduling;

namespace Airlock.Lab.Traces;

/// <summary>Everything that happened in one run, in order. Checkers read it and nothing else.</summary>
public sealed class Trace
{
    private readonly Scheduler? _scheduler;
    private readonly List<TraceEvent> _events;

    /// <summary>Makes the trace of a run.</summary>
    /// <param name="scheduler">What runs.</param>
    public Trace(Scheduler scheduler) => (_scheduler, _events) = (scheduler, new List<TraceEvent>(128));

    /// <summary>Makes a trace of events that are known: for tests of checkers and for traces from the wire.</summary>
    /// <param name="events">The events.</param>
    public Trace(IEnumerable<TraceEvent> events) => _events = [.. events];

    /// <summary>The events, in order.</summary>
    public IReadOnlyList<TraceEvent> Events => _events;

    /// <summary>The events, in order, for whoever reads them often. Valid until the next <see cref="Add"/>.</summary>
    public ReadOnlySpan<TraceEvent> Span => CollectionsMarshal.AsSpan(_events);

    /// <summary>Adds an event as of now.</summary>
    public void Add(TraceKind kind, string connection = "", string? name = null, string? from = null, string? to = null, long number = 0) => _events.Add(new TraceEvent(kind, connection)
    {
        Step = _scheduler?.Steps ?? _events.Count,
        At = _scheduler?.Time.Elapsed ?? TimeSpan.Zero,
        Actor = _scheduler?.Current.Name ?? "",
        Name = name,
        From = from,
        To = to,
        Number = number,
    });

    /// <summary>The events of one kind.</summary>
    /// <param name="kind">Which.</param>
    public IEnumerable<TraceEvent> Of(TraceKind kind) => _events.Where(e => e.Kind == kind);

    /// <summary>A digest of the whole trace, the same in every process.</summary>
    public ulong Hash()
    {
        var hash = 14695981039346656037UL;
        foreach (var e in _events)
        {
            Mix((ulong)e.Kind);
            Mix((ulong)e.Step);
            Mix((ulong)e.At.Ticks);
            Mix((ulong)e.Number);
            MixText(e.Connection);
            MixText(e.Actor);
            MixText(e.Name);
            MixText(e.From);
            MixText(e.To);
        }

        return hash;

        void Mix(ulong value) => hash = (hash ^ value) * 1099511628211;

        void MixText(string? text)
        {
            foreach (var c in text ?? "\0")
            {
                Mix(c);
            }
        }
    }
}
