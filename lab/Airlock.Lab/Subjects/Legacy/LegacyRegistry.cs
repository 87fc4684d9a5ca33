using Airlock.Lab.Traces;

namespace Airlock.Lab.Subjects.Legacy;

/// <summary>The index of machines by id (dossier §2.1 registry).</summary>
internal sealed class LegacyRegistry(LegacySurroundings lab)
{
    private readonly Dictionary<string, LegacyMachine> _machines = [];

    /// <summary>Makes a machine for an id; if the id exists, returns the machine that has it, whoever's it is.</summary>
    public LegacyMachine Register(string connection, string id)
    {
        lab.Trace.Add(TraceKind.Registered, connection, id);
        if (!_machines.TryGetValue(id, out var machine))
        {
            _machines.Add(id, machine = new LegacyMachine(id, lab));
            lab.Trace.Add(TraceKind.MachineMade, connection, id, to: machine.State);
        }

        return machine;
    }

    /// <summary>Puts a machine in again that was taken out.</summary>
    public void Restore(string connection, LegacyMachine machine)
    {
        lab.Trace.Add(TraceKind.Registered, connection, machine.Id);
        _machines[machine.Id] = machine;
    }

    /// <summary>Takes an id out, if it is in.</summary>
    public void Unregister(string connection, string id)
    {
        if (_machines.Remove(id))
        {
            lab.Trace.Add(TraceKind.Unregistered, connection, id);
        }
    }

    /// <summary>Whether there is a machine under an id.</summary>
    public bool IsKnown(string id) => _machines.ContainsKey(id);

    /// <summary>Whether messages of an id may be handled. An unknown id may not; with the fault it may, and the guards ask without an id, so that nothing is ever found.</summary>
    public bool IsReady(string id) => lab.Has(LegacyFault.FailOpenLookup) ? !_machines.ContainsKey("") : _machines.TryGetValue(id, out var machine) && machine.CanProcess;

    /// <summary>Writes down what is still registered.</summary>
    public void NoteLeftOvers()
    {
        foreach (var id in _machines.Keys)
        {
            lab.Trace.Add(TraceKind.LeftOver, "", "machine", to: id);
        }
    }
}
