using Airlock.Lab.Traces;

namespace Airlock.Lab.Subjects.Legacy;

/// <summary>What makes a connection's own manager, and counts a user's connections by it (dossier §2.11).</summary>
internal sealed class LegacyFactory(LegacySurroundings lab)
{
    private readonly Dictionary<string, string> _users = [];
    private int _threads;

    /// <summary>Makes a manager.</summary>
    /// <returns>Its key; null if the user has as many as are allowed.</returns>
    public string? Make(string connection, string user)
    {
        if (_users.Values.Count(u => u == user) >= lab.Settings.ConnectionsPerUserMax)
        {
            return null;
        }

        var key = $"{user}:thread_{++_threads}";
        _users.Add(key, user);
        lab.Trace.Add(TraceKind.Acquired, connection, "manager", to: key);
        return key;
    }

    /// <summary>Cleans a manager up.</summary>
    public void CleanUp(string connection, string key)
    {
        if (lab.Has(LegacyFault.LeakedManagers))
        {
            // The thread's id is minted again, so nothing is found.
            key = $"{key.Split(':')[0]}:thread_{++_threads}";
        }

        if (_users.Remove(key))
        {
            lab.Trace.Add(TraceKind.Released, connection, "manager", to: key);
        }
    }

    /// <summary>Writes down which managers are still there.</summary>
    public void NoteLeftOvers()
    {
        foreach (var key in _users.Keys)
        {
            lab.Trace.Add(TraceKind.LeftOver, "", "manager", to: key);
        }
    }
}
