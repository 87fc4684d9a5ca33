using System.Globalization;
using Airlock.Lab.Subjects;
using Airlock.Lab.Traces;

namespace Airlock.Lab.Checkers;

/// <summary>A message waits until its connection is ready for it.</summary>
public sealed class NothingBeforeReady : Checker
{
    /// <inheritdoc/>
    public override string Name => "nothing-before-ready";

    /// <inheritdoc/>
    public override string Property => "No message is stored or handled before its connection, or one of its session, has entered PROCESSING_READY.";

    /// <inheritdoc/>
    public override string? Check(Trace trace)
    {
        var ready = new HashSet<string>();
        var attached = new Dictionary<string, List<(string Connection, long Generation)>>();
        foreach (ref readonly var e in trace.Span)
        {
            switch (e.Kind)
            {
                case TraceKind.Moved when e.To == States.ProcessingReady:
                    ready.Add(e.Connection);
                    break;
                case TraceKind.Attached:
                    if (!attached.TryGetValue(e.Name!, out var of))
                    {
                        attached.Add(e.Name!, of = []);
                    }

                    of.Add((e.Connection, e.Number));
                    break;
                case TraceKind.Stored:
                    var generation = long.Parse(e.From!, CultureInfo.InvariantCulture);
                    if (!IsReady(e.Name!, generation))
                    {
                        return $"At step {e.Step} session {e.Name} is asked to store message {e.Number} for generation {generation}, whose connection has not entered PROCESSING_READY.";
                    }

                    break;
                case TraceKind.HandlingBegan:
                    if (e.Connection.Length > 0 ? !ready.Contains(e.Connection) : !IsReady(e.To!, null))
                    {
                        return $"At step {e.Step} message {e.Name} is handled, but {(e.Connection.Length > 0 ? $"connection {e.Connection} has not" : $"no connection of session {e.To} has")} entered PROCESSING_READY.";
                    }

                    break;
            }
        }

        return null;

        bool IsReady(string session, long? generation)
        {
            if (attached.TryGetValue(session, out var of))
            {
                foreach (var (connection, number) in of)
                {
                    if (ready.Contains(connection) && (generation is null || generation == number))
                    {
                        return true;
                    }
                }
            }

            return false;
        }
    }
}
