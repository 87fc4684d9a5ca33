namespace Airlock;

/// <summary>Counts connections by key, up to a limit. Safe for concurrent use.</summary>
internal sealed class ConnectionLimit(int max)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, int> _counts = [];

    /// <summary>How many keys have a connection.</summary>
    internal int Count
    {
        get
        {
            lock (_lock)
            {
                return _counts.Count;
            }
        }
    }

    internal bool TryEnter(string key)
    {
        lock (_lock)
        {
            var count = _counts.GetValueOrDefault(key);
            if (count >= max)
            {
                return false;
            }

            _counts[key] = count + 1;
            return true;
        }
    }

    internal void Leave(string key)
    {
        lock (_lock)
        {
            var count = _counts[key] - 1;
            if (count == 0)
            {
                _counts.Remove(key);
            }
            else
            {
                _counts[key] = count;
            }
        }
    }
}
