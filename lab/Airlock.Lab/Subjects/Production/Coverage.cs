using Airlock.Core;

namespace Airlock.Lab.Subjects.Production;

/// <summary>How often each pair of state and event was put to the transition table. Not safe for concurrent use: one for each thread that explores, added up at the end.</summary>
public sealed class Coverage
{
    private readonly long[,] _asked = new long[Enum.GetValues<ConnectionState>().Length, Enum.GetValues<EventKind>().Length];

    /// <summary>Counts one.</summary>
    public void Add(ConnectionState state, EventKind kind) => _asked[(int)state, (int)kind]++;

    /// <summary>Adds another's counts.</summary>
    public void Add(Coverage other)
    {
        foreach (var state in Enum.GetValues<ConnectionState>())
        {
            foreach (var kind in Enum.GetValues<EventKind>())
            {
                _asked[(int)state, (int)kind] += other.Of(state, kind);
            }
        }
    }

    /// <summary>How often a pair was put to the table.</summary>
    public long Of(ConnectionState state, EventKind kind) => _asked[(int)state, (int)kind];
}
