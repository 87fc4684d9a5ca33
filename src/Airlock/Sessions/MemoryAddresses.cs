namespace Airlock;

/// <summary>What the memory store keeps for each address at an endpoint: how many sessions began there, and which of them are detached, the longest first.</summary>
/// <remarks>Its lock is taken inside a session's lock, never around one. A session without an address is not counted.</remarks>
internal sealed class MemoryAddresses(int max)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Endpoint, string Address), Place> _places = [];

    /// <summary>How many addresses have a session.</summary>
    internal int Count
    {
        get
        {
            lock (_lock)
            {
                return _places.Count;
            }
        }
    }

    /// <summary>Counts a session unless the limit is reached.</summary>
    internal bool TryAdd(string endpoint, string? address)
    {
        if (address is null)
        {
            return true;
        }

        lock (_lock)
        {
            var place = _places.GetValueOrDefault((endpoint, address));
            if (place is null)
            {
                _places[(endpoint, address)] = place = new Place();
            }

            if (place.Count >= max)
            {
                return false;
            }

            place.Count++;
            return true;
        }
    }

    /// <summary>The session detached longest; null if every one is attached.</summary>
    internal MemorySession? OldestDetached(string endpoint, string address)
    {
        lock (_lock)
        {
            return _places.GetValueOrDefault((endpoint, address))?.Detached.First?.Value;
        }
    }

    internal void NoteDetached(MemorySession session)
    {
        if (session.Address is not null)
        {
            lock (_lock)
            {
                _places[(session.Endpoint, session.Address)].Detached.AddLast(session.DetachedNode);
            }
        }
    }

    internal void NoteAttached(MemorySession session)
    {
        lock (_lock)
        {
            session.DetachedNode.List?.Remove(session.DetachedNode);
        }
    }

    internal void Remove(MemorySession session)
    {
        if (session.Address is not null)
        {
            lock (_lock)
            {
                var place = _places[(session.Endpoint, session.Address)];
                session.DetachedNode.List?.Remove(session.DetachedNode);
                place.Count--;
                if (place.Count == 0)
                {
                    _places.Remove((session.Endpoint, session.Address));
                }
            }
        }
    }

    private sealed class Place
    {
        internal int Count { get; set; }

        internal LinkedList<MemorySession> Detached { get; } = [];
    }
}
