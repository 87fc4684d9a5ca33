using System.Diagnostics;
using System.Diagnostics.Metrics;
using Airlock.Core;

namespace Airlock;

/// <summary>What is counted of one endpoint. Every member may be called concurrently, takes no lock and allocates nothing that nobody asked for.</summary>
internal sealed class EndpointMetrics(Instruments instruments, Endpoint endpoint)
{
    private static readonly string[] _states = [.. Enum.GetNames<ConnectionState>().Select(SnakeCase)];
    private static readonly string[] _outcomes = [.. Enum.GetNames<TurnOutcome>().Select(SnakeCase)];

    private readonly KeyValuePair<string, object?> _endpoint = new(Instruments.Endpoint, endpoint.Name);
    private readonly long[] _connections = new long[(int)ConnectionState.Closed];
    private long _blocked;
    private long _heldMessages;
    private long _heldBytes;
    private long _turns;

    /// <summary>What tags and spans call a state.</summary>
    internal static string NameOf(ConnectionState state) => _states[(int)state];

    internal static string NameOf(TurnOutcome outcome) => _outcomes[(int)outcome];

    internal Measurement<long> Blocked => Measure(ref _blocked);

    internal Measurement<long> HeldMessages => Measure(ref _heldMessages);

    internal Measurement<long> HeldBytes => Measure(ref _heldBytes);

    internal Measurement<long> Turns => Measure(ref _turns);

    /// <summary>Whether anybody wants to know about turns; who asks at a turn's begin keeps the answer for its end.</summary>
    internal bool WatchesTurns => instruments.ActiveTurns.Enabled || instruments.TurnDuration.Enabled || instruments.TurnTries.Enabled || instruments.WindowUse.Enabled;

    internal IEnumerable<Measurement<long>> Connections() =>
        _connections.Select((_, state) => new Measurement<long>(Interlocked.Read(ref _connections[state]), _endpoint, new(Instruments.State, _states[state])));

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
        if (instruments.PhaseDuration.Enabled && phase is not (ConnectionState.ProcessingReady or ConnectionState.Degraded))
        {
            instruments.PhaseDuration.Record(Seconds(ticks), _endpoint, new(Instruments.Phase, _states[(int)phase]), new(Instruments.Outcome, Outcome(next, phase == ConnectionState.Closing ? "closed" : "passed")));
        }
    }

    /// <summary>The start of a connection is over.</summary>
    internal void SetUp(ConnectionState next, long ticks) => instruments.SetupDuration.Record(Seconds(ticks), _endpoint, new(Instruments.Outcome, Outcome(next, "ready")));

    /// <summary>A connection has ended.</summary>
    internal void Closed(CloseReason reason, int code, ConnectionState phase, ConnectionState end, long ticks)
    {
        if (instruments.Closes.Enabled)
        {
            instruments.Closes.Add(1, new TagList { _endpoint, new(Instruments.Cause, reason.Cause), new(Instruments.Code, code), new(Instruments.Phase, _states[(int)phase]) });
        }

        instruments.Duration.Record(Seconds(ticks), _endpoint, new(Instruments.Outcome, _states[(int)end]));
    }

    internal void CountBlocked(int change) => Interlocked.Add(ref _blocked, change);

    internal void CountHeld(int messages, long bytes)
    {
        Interlocked.Add(ref _heldMessages, messages);
        Interlocked.Add(ref _heldBytes, bytes);
    }

    /// <summary>A store has answered an attach, or failed to (null).</summary>
    internal void Attached(AttachOutcome? outcome, bool resumeAsked)
    {
        var told = outcome is null ? "failed" : outcome.Refused is not null ? "refused" : outcome.IsResumed ? "resumed" : resumeAsked ? "lost" : "new";
        instruments.Attaches.Add(1, _endpoint, new(Instruments.Outcome, told));
    }

    /// <summary>A connection has resumed a session whose connection before had ended.</summary>
    internal void Explained(ConnectionEnd end, CloseExplanation explanation) =>
        instruments.Explained.Add(1, _endpoint, new(Instruments.Cause, end.Reason.Cause), new(Instruments.Explanation, explanation.Name));

    /// <summary>A try of a turn begins.</summary>
    internal void BeginTurn(ISessionLog log)
    {
        Interlocked.Increment(ref _turns);
        if (instruments.WindowUse.Enabled)
        {
            var positions = log.Positions;
            instruments.WindowUse.Record((double)(positions.Stored - positions.Done) / endpoint.Options.Session.Window, _endpoint);
        }
    }

    /// <summary>A try of a turn has ended.</summary>
    internal void EndTurn(TurnOutcome outcome, int tries, long ticks)
    {
        Interlocked.Decrement(ref _turns);
        KeyValuePair<string, object?> tag = new(Instruments.Outcome, _outcomes[(int)outcome]);
        instruments.TurnDuration.Record(Seconds(ticks), _endpoint, tag);
        if (outcome is TurnOutcome.Finished or TurnOutcome.Stopped or TurnOutcome.Failed)
        {
            instruments.TurnTries.Record(tries, _endpoint, tag);
        }
    }

    private static string Outcome(ConnectionState next, string good) => next switch
    {
        ConnectionState.Failed => "failed",
        ConnectionState.Closed or ConnectionState.Closing => "closed",
        _ => good,
    };

    private static double Seconds(long ticks) => (double)ticks / TimeSpan.TicksPerSecond;

    private static string SnakeCase(string name) => string.Concat(name.Select(static (c, i) => (i > 0 && char.IsUpper(c) ? "_" : "") + char.ToLowerInvariant(c)));

    private Measurement<long> Measure(ref long counter) => new(Interlocked.Read(ref counter), _endpoint);
}
