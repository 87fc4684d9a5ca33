using System.Collections.Concurrent;

namespace Airlock;

/// <summary>The connections of one server, in any state but ended, each under its one id. Safe for concurrent use.</summary>
/// <typeparam name="T">The connection.</typeparam>
internal sealed class ConnectionIndex<T>
    where T : class
{
    private readonly ConcurrentDictionary<string, T> _connections = new();
    private TaskCompletionSource? _emptied;

    internal int Count => _connections.Count;

    internal ICollection<string> Ids => _connections.Keys;

    /// <summary>All of them, in no order. One that comes or goes meanwhile may be among them.</summary>
    internal IEnumerable<T> All => _connections.Select(static pair => pair.Value);

    internal T? Find(string id) => _connections.GetValueOrDefault(id);

    /// <summary>Enters a connection. A drain that begins later finds it here; one that began before is found by the connection.</summary>
    internal void Enter(string id, T connection)
    {
        if (!_connections.TryAdd(id, connection))
        {
            throw new System.Diagnostics.UnreachableException("Two connections got the same random id.");
        }
    }

    /// <summary>Completes once there is none. Asked by a server that takes no new ones.</summary>
    internal Task EmptiedAsync()
    {
        var emptied = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        emptied = Interlocked.CompareExchange(ref _emptied, emptied, null) ?? emptied;
        LookWhetherEmpty();
        return emptied.Task;
    }

    /// <summary>A connection has ended. One that could not enter takes no other's place.</summary>
    internal void Leave(string id, T connection)
    {
        _connections.TryRemove(KeyValuePair.Create(id, connection));
        LookWhetherEmpty();
    }

    private void LookWhetherEmpty()
    {
        if (Volatile.Read(ref _emptied) is { } emptied && _connections.IsEmpty)
        {
            emptied.TrySetResult();
        }
    }
}
