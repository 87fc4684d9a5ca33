using static Airlock.Core.Tests.LifecycleRules;

namespace Airlock.Core.Tests;

/// <summary>An honest client, and the arbitrary frames of a hostile one.</summary>
internal sealed partial class World
{
    private WorldClient _client = new() { Slot = -1, Next = 1 };
    private int _hostile;

    private bool HasAll => _client.Done == _bounds.Messages && KnownSession is { } session
        && session.Pushes == _bounds.Pushes && session.Missed == 0 && _client.Received == session.Core.Outbox.Appended;

    private WorldSession? KnownSession => _client.Session == 0 ? null : _sessions[_client.Session - 1];

    private void ExpandClient(Action<string, Action<World>> step)
    {
        if (_client.Gone)
        {
            return;
        }

        if (_hostile > 0 && _client.Slot >= 0)
        {
            step("c.leave", w => w.Leave());
        }

        if (_client.Slot < 0)
        {
            var free = Array.FindIndex(_slots, slot => slot.Connection == 0);
            if (free >= 0 && _connections < _bounds.Connections)
            {
                step("c.connect", w => w.Connect(free));
            }

            return;
        }

        var slot = _slots[_client.Slot];
        var open = slot.Up.Length < _bounds.Link;
        if (open && !_client.Greeted)
        {
            step("c.hello", w => w.Greet());
        }

        if (slot.Down.Length > 0)
        {
            step("c.read", w => w.ClientReads());
        }
        else if (IsOver(slot.Life.State))
        {
            step("c.end", w => w.Leave());
        }

        if (open && _client.Ready)
        {
            if (_client.Next <= _bounds.Messages && _client.Next <= _client.Done + _bounds.Window)
            {
                step("c.send", w => w.Say(new LinkFrame(LinkFrameKind.Data, w._client.Next, w._client.Next++)));
            }

            // Once for all that has arrived.
            if (_client.Received > _client.AckSent && slot.Down.Length == 0)
            {
                step("c.ack", w => w.Say(new LinkFrame(LinkFrameKind.Ack, w._client.AckSent = w._client.Received)));
            }

            if (_bounds.Stops && !_client.StopSent && _client.Next == 2)
            {
                step("c.stop", w =>
                {
                    w._client.StopSent = true;
                    w.Say(new LinkFrame(LinkFrameKind.Stop, 1));
                });
            }

            if (HasAll)
            {
                step("c.close", w =>
                {
                    w.Say(new LinkFrame(LinkFrameKind.Close));
                    w.Leave();
                    w._client.Gone = true;
                });
            }
        }

        if (_faults < _bounds.Faults && _hostile == 0)
        {
            step("break", w =>
            {
                w._faults++;
                w.Leave();
            });
        }
    }

    private void ExpandHostile(Action<string, Action<World>> step)
    {
        if (_hostile == _bounds.HostileFrames || _client.Slot < 0 || _slots[_client.Slot] is not { Cut: false } slot || IsOver(slot.Life.State) || slot.Up.Length == _bounds.Link)
        {
            return;
        }

        foreach (var (name, frame) in _bounds.Named)
        {
            step(name, w =>
            {
                w._hostile++;
                w._client.Greeted |= frame.Kind == LinkFrameKind.Hello;
                w.Say(frame);
            });
        }
    }

    private void Connect(int i)
    {
        _slots[i] = new WorldSlot { Connection = ++_connections };
        (_client.Slot, _client.Greeted, _client.Ready) = (i, false, false);
        Apply(i, LifecycleEvent.UpgradeAccepted());
        if (_bounds.GreetsAtOnce)
        {
            Greet();
        }
    }

    private void Greet()
    {
        _client.Greeted = true;
        _client.AckSent = _client.Received;
        Say(new LinkFrame(LinkFrameKind.Hello, ++_client.Attempt, _client.Received, (byte)_client.Session));
    }

    private void Say(LinkFrame frame)
    {
        var slot = _slots[_client.Slot];
        slot.Up = IsOver(slot.Life.State) ? [] : [.. slot.Up, frame];
    }

    /// <summary>The client is gone from its connection; the server has not noticed.</summary>
    private void Leave()
    {
        var slot = _slots[_client.Slot];
        slot.Cut = true;
        slot.Down = [];
        (_client.Slot, _client.Ready, _client.StopSent) = (-1, false, false);
    }

    private void ClientReads()
    {
        var slot = _slots[_client.Slot];
        var frame = slot.Down[0];
        slot.Down = slot.Down[1..];
        switch (frame.Kind)
        {
            case LinkFrameKind.Ready:
                ReadReady(frame);
                break;
            case LinkFrameKind.Entry:
                Require(_client.Ready, "A numbered frame came before ready.");
                var entry = KnownSession!.Entry(frame.A);
                Require(((byte)entry.Kind, (byte)entry.Re, (byte)entry.Try) == (frame.B, frame.C, frame.D), $"Number {frame.A} has changed its content.");
                Require(_hostile > 0 || frame.A == _client.Received + 1, $"Number {frame.A} came after {_client.Received}.");
                _client.Received = frame.A;
                break;
            case LinkFrameKind.Positions:
                Require(frame.B >= _client.Done && frame.B <= frame.A, "What is done went back.");
                Require(_hostile > 0 || frame.A < _client.Next, "More was stored than was sent.");
                _client.Done = frame.B;
                break;
            case LinkFrameKind.Closing:
                var reason = CloseReason.All[frame.A];
                Require(_hostile > 0 || reason == CloseReason.HelloTimeout || reason.Fault == Fault.Server, $"An honest client was closed with {reason}.");
                Say(new LinkFrame(LinkFrameKind.Close));
                Leave();
                break;
        }
    }

    private void ReadReady(LinkFrame frame)
    {
        Require(!_client.Ready, "ready came twice.");
        if (frame.B == 1)
        {
            Require(_hostile > 0 || frame.A == _client.Session, "Another session was resumed.");
            Require(_hostile > 0 || (frame.C <= _bounds.Messages && frame.D >= _client.Done), "A resume forgot what was known.");
        }
        else
        {
            Require(_hostile > 0 || _client.Session == 0, "An honest client lost its session.");
            (_client.Received, _client.AckSent) = (0, 0);
        }

        (_client.Ready, _client.Session, _client.Next, _client.Done) = (true, frame.A, (byte)(frame.C + 1), frame.D);
    }

    private void CheckClient()
    {
        if (_hostile > 0 || KnownSession is not { } session)
        {
            return;
        }

        var at = session.Core.Positions;
        Require(at.Acked <= _client.Received && _client.Received <= at.Appended, "An entry was dropped that the client does not have.");
        Require(at.Stored <= _bounds.Messages && _client.Done <= at.Done, "The client believes what is not so.");
    }
}
