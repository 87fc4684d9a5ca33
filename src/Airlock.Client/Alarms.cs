namespace Airlock.Client;

/// <summary>What is due when: at most one alarm of a kind for each link. Setting it again replaces it.</summary>
internal sealed class Alarms
{
    // A handful at most: one pass over all is cheaper than any order kept.
    private readonly Dictionary<(AlarmKind Kind, Link? Link), TimeSpan> _set = [];

    /// <summary>The earliest, or null.</summary>
    public TimeSpan? Next => _set.Count == 0 ? null : _set.Values.Min();

    public bool Has(AlarmKind kind) => _set.ContainsKey((kind, null));

    public void Set(AlarmKind kind, Link? link, TimeSpan at) => _set[(kind, link)] = at;

    public void Clear(AlarmKind kind) => _set.Remove((kind, null));

    /// <summary>Clears everything that concerns one link.</summary>
    public void Clear(Link link)
    {
        foreach (var key in _set.Keys.Where(key => key.Link == link).ToList())
        {
            _set.Remove(key);
        }
    }

    public void ClearAll() => _set.Clear();

    /// <summary>Takes one alarm that is due, the earliest first.</summary>
    public bool TryTake(TimeSpan now, out AlarmKind kind, out Link? link)
    {
        foreach (var (key, at) in _set.OrderBy(static entry => entry.Value))
        {
            if (at > now)
            {
                break;
            }

            _set.Remove(key);
            (kind, link) = key;
            return true;
        }

        (kind, link) = (default, null);
        return false;
    }
}
