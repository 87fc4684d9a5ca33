using static Airlock.Core.Tests.LifecycleRules;

namespace Airlock.Core.Tests;

/// <summary>Two connections, the sessions they serve, one client and the links between: everything that can happen next, one step at a time.</summary>
internal sealed partial class World
{
    private readonly WorldBounds _bounds;
    private readonly WorldSlot[] _slots = [new(), new()];
    private readonly List<WorldSession?> _sessions = [];
    private readonly List<bool> _owned = [];
    private int _connections;
    private int _faults;

    public World(WorldBounds bounds) => _bounds = bounds;

    private World(World other)
    {
        _bounds = other._bounds;
        _slots = [other._slots[0].Copy(), other._slots[1].Copy()];
        _sessions.AddRange(other._sessions);
        _owned.AddRange(new bool[_sessions.Count]);
        _connections = other._connections;
        _faults = other._faults;
        _client = other._client;
        _hostile = other._hostile;
    }

    /// <summary>Whether the client has left, every connection is over and nothing is held. A hostile client never has to have what it wants.</summary>
    public bool IsOver => (_client.Gone || (_hostile > 0 && _client.Slot < 0)) && _slots.All(slot => slot.Connection == 0);

    /// <summary>Names every step from here and makes the world after it.</summary>
    public void Expand(Action<string, Func<World>> next)
    {
        Check();
        for (var i = 0; i < _slots.Length; i++)
        {
            ExpandServer(i, Step);
        }

        ExpandProcessor(Step);
        ExpandClient(Step);
        ExpandHostile(Step);

        void Step(string name, Action<World> change) => next(name, () =>
        {
            var world = new World(this);
            change(world);
            world.Settle();
            return world;
        });
    }

    public WorldKey Key()
    {
        var bytes = new List<byte>(160) { (byte)_connections, (byte)_faults, (byte)_hostile };
        _client.WriteTo(bytes, _client.Slot < 0 ? 0 : _slots[_client.Slot].Connection);
        // Which of the two places a connection has makes no difference.
        foreach (var slot in _slots.OrderBy(slot => slot.Connection))
        {
            slot.WriteTo(bytes);
        }

        foreach (var session in _sessions)
        {
            bytes.Add(session is null ? (byte)0 : (byte)1);
            session?.WriteTo(bytes);
        }

        return new WorldKey([.. bytes]);
    }

    /// <summary>Does at once what no order of steps could make a difference to.</summary>
    private void Settle()
    {
        for (var n = 0; n < _sessions.Count; n++)
        {
            if (_owned[n] && _sessions[n] is { LiveTry: 0, Core: { State: not SessionState.Ended, Inbox.Next: not null } } session)
            {
                if (session.Fails == WorldSession.TriesMax)
                {
                    session.Refuse();
                }

                if (session.Core.Inbox.Next is not null)
                {
                    session.Begin();
                }
            }

            if (_owned[n])
            {
                _sessions[n]?.Check(_bounds.Window);
            }
        }

        Free(0);
        Free(1);
    }

    private void Check()
    {
        foreach (var slot in _slots.Where(slot => slot.Connection != 0))
        {
            CheckState(slot.Life);
            Require(!IsLive(slot.Life.State) || slot.Generation > 0, "Live without a session.");
        }

        foreach (var group in _slots.Where(slot => IsLive(slot.Life.State) && !slot.Superseded).GroupBy(slot => slot.Session))
        {
            Require(group.Count() == 1, "Two connections serve one session, and neither was told.");
        }

        CheckClient();
    }
}
