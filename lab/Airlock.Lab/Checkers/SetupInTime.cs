using Airlock.Lab.Subjects;
using Airlock.Lab.Traces;

namespace Airlock.Lab.Checkers;

/// <summary>Nobody waits for ever to come in.</summary>
public sealed class SetupInTime : Checker
{
    /// <inheritdoc/>
    public override string Name => "setup-in-time";

    /// <inheritdoc/>
    public override string Property => "A connection is ready, refused or on its way out within the time that its hello, authentication, services and attach may take together.";

    /// <inheritdoc/>
    public override Capabilities Needs => Capabilities.Deadlines;

    /// <inheritdoc/>
    public override string? Check(Trace trace)
    {
        var most = new Dictionary<string, long>();
        var pending = new Dictionary<string, TimeSpan>();
        foreach (ref readonly var e in trace.Span)
        {
            switch (e.Kind)
            {
                case TraceKind.Dialed when e.Number > 0:
                    most[e.Connection] = e.Number;
                    break;
                case TraceKind.UpgradeAccepted:
                    if (most.TryGetValue(e.Connection, out var within))
                    {
                        pending[e.Connection] = e.At + TimeSpan.FromMilliseconds(within) + Slack;
                    }

                    break;
                case TraceKind.Moved when e.To is States.ProcessingReady or States.Closing or States.Closed or States.Failed:
                case TraceKind.Ended or TraceKind.ServerClosed:
                    // Who is refused while the upgrade is under way has nothing to set up afterwards.
                    most.Remove(e.Connection);
                    if (pending.Remove(e.Connection, out var due) && e.At > due)
                    {
                        return $"Connection {e.Connection} is {(e.Kind == TraceKind.Moved ? e.To : "over")} only at step {e.Step}, {e.At.TotalSeconds:0.###} s; its setup had to be done by {(due - Slack).TotalSeconds:0.###} s.";
                    }

                    break;
            }
        }

        foreach (var (connection, due) in pending)
        {
            return $"Connection {connection} is never ready, refused or closed; its setup had to be done by {(due - Slack).TotalSeconds:0.###} s.";
        }

        return null;
    }

    /// <summary>A deadline may be kept by a wheel that turns once a second.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(1);
}
