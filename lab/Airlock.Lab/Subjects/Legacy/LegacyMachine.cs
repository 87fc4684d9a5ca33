using Airlock.Lab.Traces;

namespace Airlock.Lab.Subjects.Legacy;

/// <summary>The connection state machine of the incident (dossier §2.1): its twelve states, its table, and a result that a caller may ignore.</summary>
internal sealed class LegacyMachine(string id, LegacySurroundings lab)
{
    private const int RefusalsMax = 5;

    private static readonly Dictionary<string, string[]> _table = new()
    {
        ["CONNECTING"] = ["ACCEPTED", "FAILED", "CLOSED"],
        ["ACCEPTED"] = ["AUTHENTICATED", "FAILED", "CLOSED"],
        ["AUTHENTICATED"] = ["SERVICES_READY", "DEGRADED", "FAILED", "CLOSED"],
        ["SERVICES_READY"] = ["PROCESSING_READY", "DEGRADED", "FAILED", "CLOSED"],
        ["PROCESSING_READY"] = ["PROCESSING", "IDLE", "DEGRADED", "CLOSING", "FAILED", "CLOSED"],
        ["PROCESSING"] = ["IDLE", "PROCESSING_READY", "DEGRADED", "CLOSING", "FAILED", "CLOSED"],
        ["IDLE"] = ["PROCESSING", "PROCESSING_READY", "DEGRADED", "CLOSING", "FAILED", "CLOSED"],
        ["DEGRADED"] = ["PROCESSING_READY", "PROCESSING", "IDLE", "RECONNECTING", "CLOSING", "FAILED", "CLOSED"],
        ["RECONNECTING"] = ["SERVICES_READY", "PROCESSING_READY", "DEGRADED", "FAILED", "CLOSED"],
        ["CLOSING"] = ["CLOSED"],
        ["CLOSED"] = [],
        ["FAILED"] = ["CONNECTING"],
    };

    private int _refusals;

    /// <summary>The id it is registered under.</summary>
    public string Id => id;

    /// <summary>Where it is.</summary>
    public string State { get; private set; } = States.Connecting;

    /// <summary>Whether messages may be handled.</summary>
    public bool CanProcess => State is States.ProcessingReady or "PROCESSING" or "IDLE" or States.Degraded;

    /// <summary>Asks it to go somewhere.</summary>
    /// <param name="connection">Whose machine the caller takes it for.</param>
    /// <param name="to">Where.</param>
    /// <returns>Whether it went. Nothing makes a caller look.</returns>
    public async ValueTask<bool> MoveAsync(string connection, string to)
    {
        if (!_table[State].Contains(to))
        {
            _refusals++;
            lab.Trace.Add(TraceKind.MoveRefused, connection, id, State, to);
            lab.Log(connection, "WARNING", $"Invalid state transition for {id}: ApplicationConnectionState.{State} -> ApplicationConnectionState.{to}");
            return false;
        }

        if (lab.Has(LegacyFault.FailureBudget) && _refusals >= RefusalsMax)
        {
            _refusals = 0;
            Go(connection, States.Failed);
            return true;
        }

        if (lab.Has(LegacyFault.CheckOutsideLock))
        {
            await Task.Yield();
        }

        _refusals = 0;
        Go(connection, to);
        return true;
    }

    /// <summary>Ends it, unless it has ended.</summary>
    /// <param name="connection">Whose machine it is.</param>
    public void Close(string connection)
    {
        if (!States.IsTerminal(State))
        {
            Go(connection, States.Closed);
        }
    }

    private void Go(string connection, string to)
    {
        lab.Trace.Add(TraceKind.Moved, connection, id, State, to);
        State = to;
    }
}
