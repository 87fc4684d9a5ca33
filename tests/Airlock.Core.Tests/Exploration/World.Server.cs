using static Airlock.Core.LifecycleEvent;
using static Airlock.Core.Tests.LifecycleRules;

namespace Airlock.Core.Tests;

/// <summary>The driver's part, reduced to its decisions: read, complete, write, notice.</summary>
internal sealed partial class World
{
    private static readonly DeadlineKind[] _setUp = [DeadlineKind.Authentication, DeadlineKind.Attach];

    private static readonly string[][] _names =
        [.. new[] { 0, 1 }.Select(i => new[] { "read", "lost", "authenticated", "attach", "attached", "attach given up", "superseded", "write", "tell", "abort", "deadline" }.Select(name => $"s{i}.{name}").ToArray())];

    private void ExpandServer(int i, Action<string, Action<World>> step)
    {
        var slot = _slots[i];
        if (slot.Connection == 0)
        {
            return;
        }

        var names = _names[i];
        var state = slot.Life.State;
        When(!IsOver(state) && slot.Up.Length > 0, 0, w => w.Read(i));
        When(slot.Cut && !IsOver(state), 1, w => w.Apply(i, TransportLost()));
        When(slot.Authenticating != 0, 2, w =>
        {
            var id = w._slots[i].Authenticating;
            w._slots[i].Authenticating = 0;
            w._slots[i].Principal = true;
            w.Apply(i, AuthenticationSucceeded(id, null));
        });
        When(slot.Attaching != 0 && slot.Answer == 0, 3, w => w.Attach(i));
        When(slot.Attaching != 0 && slot.Answer != 0, 4, w => w.CompleteAttach(i));
        When(slot.Attaching != 0 && slot.Answer == 0 && state >= ConnectionState.Closing, 5, w =>
        {
            w._slots[i].Answer = 1 + WorldSlot.ReasonIndex(CloseReason.StoreUnavailable);
            w.CompleteAttach(i);
        });
        When(slot.Superseded && !IsOver(state), 6, w =>
        {
            w._slots[i].Superseded = false;
            w.Apply(i, CloseRequested(CloseReason.Superseded));
        });
        When(Serves(slot) && !slot.Cut && slot.Down.Length < _bounds.Link && SessionOf(slot)!.Core.Outbox.After(slot.Cursor) is not null, 7, w => w.Write(i));
        When(Serves(slot) && !slot.Cut && slot.Down.Length < _bounds.Link && HasNews(slot), 8, w => w.Tell(i));
        When(state == ConnectionState.Closing && !slot.Cut && _faults < _bounds.Faults, 9, w =>
        {
            w._faults++;
            w.Apply(i, DeadlineElapsed(DeadlineKind.Close, 0));
        });
        foreach (var kind in _setUp)
        {
            When(slot.Life.Deadlines.Runs(kind) && !slot.Cut && _faults < _bounds.Faults, 10, w =>
            {
                w._faults++;
                w.Apply(i, DeadlineElapsed(kind, 0));
            });
        }

        void When(bool possible, int name, Action<World> change)
        {
            if (possible)
            {
                step(names[name], change);
            }
        }
    }

    private void ExpandProcessor(Action<string, Action<World>> step)
    {
        for (var n = 0; n < _sessions.Count; n++)
        {
            if (_sessions[n] is not { } session || session.Core.State == SessionState.Ended)
            {
                continue;
            }

            var at = n;
            var next = session.Core.Inbox.Next;
            var full = session.Core.Outbox.IsFull;
            if (session.LiveTry != 0)
            {
                if (!full && !session.HasStreamed)
                {
                    step("stream", w => w.Own(at).Stream());
                }

                if (!full || session.HasStreamed)
                {
                    step("commit", w => w.Own(at).Commit());
                }

                if (_bounds.Failures && next!.Sequence == 1)
                {
                    step("fail", w => w.Own(at).Fail());
                }
            }

            if (session.Pushes < _bounds.Pushes && _client.Session == at + 1 && (!full || _bounds.Gaps))
            {
                step("push", w => w.Own(at).Push());
            }

            if (_hostile > 0 && session.Core.State == SessionState.Detached && _faults < _bounds.Faults)
            {
                step("expire", w =>
                {
                    w._faults++;
                    w.Own(at).End();
                });
            }
        }
    }

    private void Apply(int i, LifecycleEvent e)
    {
        var slot = _slots[i];
        var life = new ConnectionLifecycle(HostileDriver.Timeouts, slot.Life);
        var transition = life.Apply(e, 0);
        CheckStep(slot.Life, e, transition, life.Snapshot);
        slot.Life = life.Snapshot;
        for (var n = 0; n < transition.Effects.Count; n++)
        {
            Run(slot, transition.Effects[n]);
        }

        if (IsOver(slot.Life.State))
        {
            (slot.Up, slot.Held, slot.Superseded) = ([], [], false);
        }
    }

    private void Run(WorldSlot slot, Effect effect)
    {
        var owns = Owns(slot);
        switch (effect.Kind)
        {
            case EffectKind.Authenticate:
                slot.Authenticating = effect.Id;
                break;
            case EffectKind.WatchGates:
                // Gates are always open here; what they do is explored with the lifecycle alone.
                Apply(Array.IndexOf(_slots, slot), GatesChanged(Walk.Open));
                break;
            case EffectKind.Attach:
                slot.Attaching = effect.Id;
                break;
            case EffectKind.SendReady:
                Send(slot, new LinkFrame(LinkFrameKind.Ready, (byte)slot.Session, slot.Resumed ? (byte)1 : (byte)0, (byte)slot.At.Stored, (byte)slot.At.Done));
                foreach (var held in slot.Held)
                {
                    Deliver(slot, held);
                }

                slot.Held = [];
                break;
            case EffectKind.SendClose:
                Send(slot, new LinkFrame(LinkFrameKind.Closing, (byte)WorldSlot.ReasonIndex(slot.Life.Reason!)));
                Apply(Array.IndexOf(_slots, slot), CloseSent());
                break;
            case EffectKind.EndInput:
                Require(OwnSessionOf(slot) is not { } ending || ending.Core.EndInput(slot.Generation) == owns, "bye was taken from the wrong connection, or not from the right one.");
                break;
            case EffectKind.ReleaseUser:
                Require(slot.Principal, "A principal was given back twice.");
                slot.Principal = false;
                break;
            case EffectKind.ReleaseSession:
                Release(slot);
                break;
        }
    }

    private void Release(WorldSlot slot)
    {
        if (OwnSessionOf(slot) is { } session)
        {
            var owned = Owns(slot);
            Require(session.Core.Detach(slot.Generation) == owned, owned ? "A session was not let go of." : "A connection let go of a session that it does not hold.");
            if (owned)
            {
                session.Owner = 0;
            }

            // Nobody can ever ask for a session that its client never heard of.
            if (session.Core.State == SessionState.Detached && _client.Session != slot.Session && slot.Cut)
            {
                _sessions[slot.Session - 1] = null;
            }
        }
    }

    private void Read(int i)
    {
        var slot = _slots[i];
        var frame = slot.Up[0];
        slot.Up = slot.Up[1..];
        var state = slot.Life.State;
        if (frame.Kind == LinkFrameKind.Close)
        {
            Apply(i, CloseReceived(CloseReason.ClientClosed));
        }
        else if (state == ConnectionState.Closing)
        {
            return;
        }
        else if (frame.Kind == LinkFrameKind.Hello)
        {
            if (!slot.Greeted)
            {
                (slot.Greeted, slot.Attempt, slot.Received, slot.Resume) = (true, frame.A, frame.B, frame.C);
            }

            Apply(i, HelloReceived(frame.C != 0));
        }
        else if (!slot.Greeted)
        {
            Apply(i, CloseRequested(CloseReason.HelloMissing));
        }
        else if (frame.Kind == LinkFrameKind.Bye)
        {
            Apply(i, ByeReceived());
        }
        else if (IsLive(state))
        {
            if (Deliver(slot, frame) is { } reason)
            {
                Apply(i, CloseRequested(reason));
            }
        }
        else if (frame.Kind != LinkFrameKind.Data)
        {
            Apply(i, CloseRequested(CloseReason.FrameOutOfPhase));
        }
        else if (slot.Resume != 0 || slot.Held.Length > 0)
        {
            Apply(i, CloseRequested(slot.Resume != 0 ? CloseReason.EarlyData : CloseReason.EarlyDataOverflow));
        }
        else
        {
            slot.Held = [frame];
        }
    }

    private CloseReason? Deliver(WorldSlot slot, LinkFrame frame)
    {
        // Processed before PROCESSING_READY would be this.
        Require(IsLive(slot.Life.State), $"A frame is processed in {slot.Life.State}.");
        if (OwnSessionOf(slot) is not { } session)
        {
            return null;
        }

        var before = session.Core.Positions;
        switch (frame.Kind)
        {
            case LinkFrameKind.Data:
                var verdict = session.Append(slot.Connection, slot.Generation, frame.A, frame.B);
                Require(_hostile > 0 || verdict is AppendVerdict.Stored or AppendVerdict.Repeat or AppendVerdict.Fenced, $"An honest client's message {frame.A} got {verdict}.");
                return Reception.CauseOf(verdict);
            case LinkFrameKind.Ack:
                var ack = session.Core.Acknowledge(slot.Generation, frame.A);
                Require(Owns(slot) == (ack != AckVerdict.Fenced), $"An acknowledgement got {ack}.");
                session.Check(before, ack == AckVerdict.Applied ? frame.A : before.Acked);
                Require(_hostile > 0 || ack is AckVerdict.Applied or AckVerdict.Fenced, $"An honest client's acknowledgement of {frame.A} got {ack}.");
                return Reception.CauseOf(ack);
            default:
                var stopped = session.Core.Stop(slot.Generation, frame.A);
                Require(!stopped || (Owns(slot) && session.LiveTry != 0 && session.Core.Inbox.Done + 1 == frame.A), "A stop hit another message.");
                return null;
        }
    }

    private void Attach(int i)
    {
        var slot = _slots[i];
        var session = slot.Resume != 0 && slot.Resume <= _sessions.Count && _sessions[slot.Resume - 1] is not null ? Own(slot.Resume - 1) : null;
        if (session is null || session.Core.State == SessionState.Ended)
        {
            New(slot);
            return;
        }

        var before = session.Core.Positions;
        var generation = session.Core.Generation;
        var verdict = session.Core.Attach($"c{slot.Connection}", slot.Attempt, slot.Received, _bounds.Features);
        Require(_hostile > 0 || verdict is ResumeVerdict.Resumed or ResumeVerdict.Stale, $"An honest client's resume got {verdict}.");
        Require(verdict == ResumeVerdict.Resumed || (session.Core.Positions == before && session.Core.Generation == generation), "A refused attach changed something.");
        switch (verdict)
        {
            case ResumeVerdict.Resumed:
                Require(session.Core.Generation == generation + 1, "An attach did not raise the generation by one.");
                session.Check(before, slot.Received);
                foreach (var other in _slots.Where(other => other != slot && other.Session == slot.Resume && other.Generation != 0))
                {
                    other.Superseded = !IsOver(other.Life.State);
                }

                session.Owner = slot.Connection;
                (slot.Session, slot.Resumed) = (slot.Resume, true);
                Attached(slot, session);
                break;
            case ResumeVerdict.Trimmed or ResumeVerdict.Finished:
                session.End();
                New(slot);
                break;
            default:
                slot.Answer = 1 + WorldSlot.ReasonIndex(verdict == ResumeVerdict.Stale ? CloseReason.StaleAttempt : CloseReason.ResumeInvalid);
                break;
        }
    }

    private void New(WorldSlot slot)
    {
        var limits = new SessionLimits { Window = _bounds.Window, OutboxEntriesMax = _bounds.Outbox };
        var session = new WorldSession(new SessionCore($"c{slot.Connection}", slot.Attempt, limits, _bounds.Features)) { Owner = slot.Connection };
        _sessions.Add(session);
        _owned.Add(true);
        slot.Session = _sessions.Count;
        Attached(slot, session);
    }

    private static void Attached(WorldSlot slot, WorldSession session) =>
        (slot.Answer, slot.Generation, slot.At, slot.Cursor) = (1, (int)session.Core.Generation, session.Core.Positions, (byte)session.Core.Outbox.Acked);

    private void CompleteAttach(int i)
    {
        var slot = _slots[i];
        var (id, answer) = (slot.Attaching, slot.Answer);
        (slot.Attaching, slot.Answer) = (0, 0);
        Apply(i, answer == 1 ? AttachSucceeded(id) : AttachFailed(id, CloseReason.All[answer - 1]));
    }

    private void Write(int i)
    {
        var slot = _slots[i];
        var entry = SessionOf(slot)!.Core.Outbox.After(slot.Cursor)!;
        slot.Cursor = (byte)entry.Sequence;
        Send(slot, new LinkFrame(LinkFrameKind.Entry, (byte)entry.Sequence, (byte)entry.Kind, (byte)entry.Re, (byte)entry.Try));
    }

    private void Tell(int i)
    {
        var slot = _slots[i];
        var at = SessionOf(slot)!.Core.Positions;
        (slot.ToldStored, slot.ToldDone) = ((byte)at.Stored, (byte)at.Done);
        Send(slot, new LinkFrame(LinkFrameKind.Positions, slot.ToldStored, slot.ToldDone));
    }

    /// <summary>Takes a connection away that is over, owes nothing and has nobody on it.</summary>
    private void Free(int i)
    {
        var slot = _slots[i];
        if (slot.Connection == 0 || !IsOver(slot.Life.State) || slot.Authenticating != 0 || slot.Attaching != 0 || (!slot.Cut && _client.Slot == i))
        {
            return;
        }

        Require(!slot.Principal, "A connection is over and still holds its principal.");
        Require(!Owns(slot), "A connection is over and still holds its session.");
        _slots[i] = new WorldSlot();
    }

    private bool HasNews(WorldSlot slot)
    {
        // Told once all is done: what is on its way meanwhile rides on other frames.
        var at = SessionOf(slot)!.Core.Positions;
        return at.Stored == at.Done && at.Done > Math.Max(slot.ToldDone, slot.At.Done);
    }

    private WorldSession? SessionOf(WorldSlot slot) => slot.Session == 0 ? null : _sessions[slot.Session - 1];

    /// <summary>A session to change: worlds share theirs until one of them writes.</summary>
    private WorldSession Own(int n)
    {
        if (!_owned[n])
        {
            (_sessions[n], _owned[n]) = (new WorldSession(_sessions[n]!), true);
        }

        return _sessions[n]!;
    }

    private WorldSession? OwnSessionOf(WorldSlot slot) => SessionOf(slot) is null ? null : Own(slot.Session - 1);

    private bool Owns(WorldSlot slot) => SessionOf(slot) is { } session && session.Owner == slot.Connection && session.Core.State == SessionState.Attached;

    private bool Serves(WorldSlot slot) => IsLive(slot.Life.State) && Owns(slot);

    private static void Send(WorldSlot slot, LinkFrame frame)
    {
        if (!slot.Cut)
        {
            slot.Down = [.. slot.Down, frame];
        }
    }
}
