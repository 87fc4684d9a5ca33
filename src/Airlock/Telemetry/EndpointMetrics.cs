using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Airlock.Core;

namespace Airlock;

/// <summary>What is counted of one endpoint. Every member may be called concurrently, takes no lock and allocates nothing that nobody asked for.</summary>
/// <remarks>
/// Totals are kept here and read by a collection, whenever its listener came. What an alert asks for is there from the start with 0: of a series that is born with
/// its first occurrence Prometheus sees no increase.
/// </remarks>
internal sealed class EndpointMetrics(Histograms histograms, string endpoint, int window)
{
    private const int OtherCode = 0;
    private static readonly string[] _states = [.. Enum.GetNames<ConnectionState>().Select(SnakeCase)];
    private static readonly string[] _outcomes = [.. Enum.GetNames<TurnOutcome>().Select(SnakeCase)];
    private static readonly string[] _attachOutcomes = ["new", "resumed", "lost", "refused", "failed"];

    private readonly KeyValuePair<string, object?> _endpoint = new(Tag.Endpoint, endpoint);
    private readonly long[] _connections = new long[(int)ConnectionState.Closed];
    private readonly long[] _attaches = new long[_attachOutcomes.Length];
    // Bounded: both are keyed by words and codes of this library. The phase is a number, since to hash an enumeration may allocate.
    private readonly ConcurrentDictionary<(CloseReason Reason, int Code, int Phase), StrongBox<long>> _closes = new(ClosesAtZero());
    private readonly ConcurrentDictionary<(CloseReason Reason, CloseExplanation Explanation), StrongBox<long>> _explained =
        new(CloseExplanation.All.Select(static e => KeyValuePair.Create((CloseReason.TransportLost, e), new StrongBox<long>())));
    private long _blocked;
    private long _heldMessages;
    private long _heldBytes;
    private long _turns;
    private long _waiting;

    /// <summary>What tags and spans call a state.</summary>
    internal static string NameOf(ConnectionState state) => _states[(int)state];

    internal static string NameOf(TurnOutcome outcome) => _outcomes[(int)outcome];

    internal Measurement<long> Blocked => Measure(ref _blocked);

    internal Measurement<long> HeldMessages => Measure(ref _heldMessages);

    internal Measurement<long> HeldBytes => Measure(ref _heldBytes);

    internal Measurement<long> WaitingTurns => Measure(ref _waiting);

    internal Measurement<long> Turns => Measure(ref _turns);

    /// <summary>Whether anybody wants to know about turns; who asks at a turn's begin keeps the answer for its end.</summary>
    internal bool WatchesTurns => histograms.ActiveTurns.Enabled || histograms.TurnDuration.Enabled || histograms.TurnTries.Enabled || histograms.WindowUse.Enabled;

    internal IEnumerable<Measurement<long>> Connections() =>
        _connections.Select((_, state) => new Measurement<long>(Interlocked.Read(ref _connections[state]), _endpoint, new(Tag.State, _states[state])));

    internal IEnumerable<Measurement<long>> Closes() => _closes.Select(c => new Measurement<long>(
        Interlocked.Read(ref c.Value.Value), _endpoint, new(Tag.Cause, c.Key.Reason.Cause), new(Tag.Code, c.Key.Code == OtherCode ? "other" : c.Key.Code), new(Tag.Phase, _states[c.Key.Phase])));

    internal IEnumerable<Measurement<long>> Explained() => _explained.Select(e => new Measurement<long>(
        Interlocked.Read(ref e.Value.Value), _endpoint, new(Tag.Cause, e.Key.Reason.Cause), new(Tag.Explanation, e.Key.Explanation.Name)));

    internal IEnumerable<Measurement<long>> Attaches() =>
        _attaches.Select((_, outcome) => new Measurement<long>(Interlocked.Read(ref _attaches[outcome]), _endpoint, new(Tag.Outcome, _attachOutcomes[outcome])));

    /// <summary>A connection begins.</summary>
    internal void Enter() => Interlocked.Increment(ref _connections[(int)ConnectionState.Connecting]);

    /// <summary>A connection goes on to another state. The terminal ones are not counted: nobody is in them.</summary>
    internal void Move(ConnectionState from, ConnectionState to)
    {
        if (to < ConnectionState.Closed)
        {
            Interlocked.Increment(ref _connections[(int)to]);
        }

        Interlocked.Decrement(ref _connections[(int)from]);
    }

    /// <summary>A phase is over. Those that last as long as the user stays are measured as the connection's duration.</summary>
    internal void Passed(ConnectionState phase, ConnectionState next, long ticks)
    {
        if (histograms.PhaseDuration.Enabled && phase is not (ConnectionState.ProcessingReady or ConnectionState.Degraded))
        {
            Tell(histograms.PhaseDuration, Seconds(ticks), _endpoint, new(Tag.Phase, _states[(int)phase]), new(Tag.Outcome, Outcome(next, phase == ConnectionState.Closing ? "closed" : "passed")));
        }
    }

    /// <summary>The start of a connection is over.</summary>
    internal void SetUp(ConnectionState next, long ticks) => Tell(histograms.SetupDuration, Seconds(ticks), _endpoint, new(Tag.Outcome, Outcome(next, "ready")));

    /// <summary>A connection has ended.</summary>
    internal void Closed(CloseReason reason, int code, ConnectionState phase, ConnectionState end, long ticks)
    {
        Interlocked.Increment(ref _closes.GetOrAdd((reason, IsTag(reason, code) ? code : OtherCode, (int)phase), static _ => new StrongBox<long>()).Value);
        Tell(histograms.Duration, Seconds(ticks), _endpoint, new(Tag.Outcome, _states[(int)end]));
    }

    internal void CountBlocked(int change) => Interlocked.Add(ref _blocked, change);

    internal void CountHeld(int messages, long bytes)
    {
        Interlocked.Add(ref _heldMessages, messages);
        Interlocked.Add(ref _heldBytes, bytes);
    }

    internal void CountWaiting(int change) => Interlocked.Add(ref _waiting, change);

    /// <summary>Work that was ready to run has got a thread.</summary>
    internal void ThreadWaited(long ticks) => Tell(histograms.ThreadWait, Seconds(ticks), _endpoint);

    /// <summary>A store has answered an attach, or failed to (null).</summary>
    internal void Attached(AttachOutcome? outcome, bool resumeAsked)
    {
        var told = outcome is null ? "failed" : outcome.Refused is not null ? "refused" : outcome.IsResumed ? "resumed" : resumeAsked ? "lost" : "new";
        Interlocked.Increment(ref _attaches[Array.IndexOf(_attachOutcomes, told)]);
    }

    /// <summary>A connection has resumed a session whose connection before had ended.</summary>
    internal void Explained(ConnectionEnd end, CloseExplanation explanation) =>
        Interlocked.Increment(ref _explained.GetOrAdd((end.Reason, explanation), static _ => new StrongBox<long>()).Value);

    /// <summary>A try of a turn begins.</summary>
    internal void BeginTurn(ISessionLog log)
    {
        Interlocked.Increment(ref _turns);
        if (histograms.WindowUse.Enabled)
        {
            try
            {
                var positions = log.Positions;
                histograms.WindowUse.Record((double)(positions.Stored - positions.Done) / window, _endpoint);
            }
            catch (Exception)
            {
                // The store is somebody else's code. What it cannot say is not measured; whoever depends on the answer tells of it.
            }
        }
    }

    /// <summary>A try of a turn has ended.</summary>
    internal void EndTurn(TurnOutcome outcome, int tries, long ticks)
    {
        Interlocked.Decrement(ref _turns);
        KeyValuePair<string, object?> tag = new(Tag.Outcome, _outcomes[(int)outcome]);
        Tell(histograms.TurnDuration, Seconds(ticks), _endpoint, tag);
        if (outcome is TurnOutcome.Finished or TurnOutcome.Stopped or TurnOutcome.Failed)
        {
            Tell(histograms.TurnTries, tries, _endpoint, tag);
        }
    }

    /// <summary>Every end that is not as it should be, whoever has to change something: those are what alerts are about.</summary>
    private static IEnumerable<KeyValuePair<(CloseReason, int, int), StrongBox<long>>> ClosesAtZero() =>
        from reason in CloseReason.All
        where reason.Fault is Fault.Server or Fault.Network
        from code in new[] { reason.Code, reason.ResumeCode }.Distinct()
        from phase in Enum.GetValues<ConnectionState>()
        where phase < ConnectionState.Closing
        select KeyValuePair.Create((reason, code, (int)phase), new StrongBox<long>());

    /// <summary>A client may close with any of two thousand codes: those that mean nothing here are one.</summary>
    private static bool IsTag(CloseReason reason, int code) => code == reason.Code || code == reason.ResumeCode || code is < 3000 or (>= 4900 and <= 4909);

    private static string Outcome(ConnectionState next, string good) => next switch
    {
        ConnectionState.Failed => "failed",
        ConnectionState.Closed or ConnectionState.Closing => "closed",
        _ => good,
    };

    private static double Seconds(long ticks) => (double)ticks / TimeSpan.TicksPerSecond;

    private static string SnakeCase(string name) => string.Concat(name.Select(static (c, i) => (i > 0 && char.IsUpper(c) ? "_" : "") + char.ToLowerInvariant(c)));

    /// <summary>Tells whoever listens, on this stack. That is somebody else's code: what comes out of it is its own loss, and no connection's, no turn's.</summary>
    private static void Tell<T>(Histogram<T> histogram, T value, KeyValuePair<string, object?> first, KeyValuePair<string, object?>? second = null, KeyValuePair<string, object?>? third = null)
        where T : struct
    {
        try
        {
            switch (second, third)
            {
                case ({ } two, { } three):
                    histogram.Record(value, first, two, three);
                    break;
                case ({ } two, null):
                    histogram.Record(value, first, two);
                    break;
                default:
                    histogram.Record(value, first);
                    break;
            }
        }
        catch (Exception)
        {
            // There is nobody to tell it to but the one who threw.
        }
    }

    private Measurement<long> Measure(ref long counter) => new(Interlocked.Read(ref counter), _endpoint);
}
