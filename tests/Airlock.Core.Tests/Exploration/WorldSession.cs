using static Airlock.Core.Tests.LifecycleRules;

namespace Airlock.Core.Tests;

/// <summary>A shipped session, and beside it what must hold of it, kept in a list and a few numbers.</summary>
internal sealed class WorldSession
{
    public const int TriesMax = 2;
    private readonly List<(EntryKind Kind, long Re, int Try, bool Provisional)> _log = [];
    private readonly List<byte> _contents = [];

    public WorldSession(SessionCore core) => Core = core;

    public WorldSession(WorldSession other)
    {
        Core = new SessionCore(other.Core);
        _log.AddRange(other._log);
        _contents.AddRange(other._contents);
        Owner = other.Owner;
        LiveTry = other.LiveTry;
        Fails = other.Fails;
        Pushes = other.Pushes;
        Missed = other.Missed;
        EndedDone = other.EndedDone;
    }

    public SessionCore Core { get; }

    /// <summary>The connection that attached last and was not let go of since; 0 if none.</summary>
    public int Owner { get; set; }

    public int LiveTry { get; private set; }

    public int Fails { get; private set; }

    public int Pushes { get; private set; }

    /// <summary>Pushes that did not fit and of which no gap has told yet.</summary>
    public int Missed { get; private set; }

    private int EndedDone { get; set; } = -1;

    public static ReadOnlyMemory<byte> Payload(byte content) => new[] { content };

    public (EntryKind Kind, long Re, int Try, bool Provisional) Entry(long sequence) => _log[(int)sequence - 1];

    public bool HasStreamed => _log.Exists(entry => entry.Provisional && entry.Re == Core.Inbox.Done + 1 && entry.Try == LiveTry);

    /// <summary>Stores a client's message; whoever may not must be fenced, and whatever is stored must be next and stay.</summary>
    public AppendVerdict Append(int connection, long generation, int sequence, byte content)
    {
        var before = Core.Positions;
        var verdict = Core.Append(generation, sequence, $"id{content}", Payload(content));
        var mayStore = connection == Owner && Core.State == SessionState.Attached;
        Require(mayStore == (verdict != AppendVerdict.Fenced), $"A connection that {(mayStore ? "holds" : "does not hold")} the session got {verdict}.");
        switch (verdict)
        {
            case AppendVerdict.Stored:
                Require(sequence == before.Stored + 1 && Core.Positions == before with { Stored = sequence }, "Something else than the next message was stored.");
                _contents.Add(content);
                break;
            case AppendVerdict.Repeat:
                Require(_contents[sequence - 1] == content, "Other content passed as a repeat.");
                break;
            case AppendVerdict.Conflict:
                Require(sequence <= before.Stored && _contents[sequence - 1] != content, "A true repeat was called a conflict.");
                break;
        }

        Require(verdict == AppendVerdict.Stored || Core.Positions == before, "A refused message changed something.");
        return verdict;
    }

    public void Begin()
    {
        LiveTry = Core.BeginTry();
        Require(LiveTry == Fails + 1, $"Try {LiveTry} after {Fails} failures.");
        Require(Core.Inbox.Next!.Payload.Span[0] == _contents[(int)Core.Inbox.Done], "A number has changed its content.");
    }

    public void Stream() => Take(Core.Stream(Core.Inbox.Done + 1, LiveTry, Payload(9)));

    public void Commit()
    {
        var at = Core.Inbox.Next!;
        if (Take(Core.Commit(at.Sequence, LiveTry, HasStreamed ? [] : [Payload(8)], at.StopAsked)))
        {
            Finish(at.Sequence);
        }
    }

    public void Fail()
    {
        var at = Core.Inbox.Next!;
        var (sequence, live) = (at.Sequence, LiveTry);
        Take(Core.Fail(sequence, live));
        LiveTry = 0;
        Fails++;
        // A holder that comes back late finds its try gone.
        Require(Core.Stream(sequence, live, Payload(9)) == TurnVerdict.Fenced && Core.Commit(sequence, live, [], false) == TurnVerdict.Fenced && Core.Fail(sequence, live) == TurnVerdict.Fenced, "A failed try still writes.");
        CheckClosed();
    }

    public void Refuse()
    {
        var sequence = Core.Inbox.Next!.Sequence;
        Take(Core.Nack("handler_failed"));
        Finish(sequence);
    }

    public void Push()
    {
        Pushes++;
        if (!Take(Core.Push(Payload(7))))
        {
            Missed++;
        }
    }

    /// <summary>An acknowledgement or an attach: it takes the position over, and where that makes room a gap tells of what did not fit.</summary>
    public void Check(SessionPositions before, long acked)
    {
        var gaps = Missed > 0 && !Core.Outbox.IsFull ? 1 : 0;
        Require(Core.Positions == before with { Acked = acked, Appended = before.Appended + gaps }, "An acknowledgement did something else.");
        Sync();
    }

    public void End()
    {
        Core.End();
        LiveTry = 0;
        Owner = 0;
        Sync();
        CheckClosed();
        EndedDone = (int)Core.Inbox.Done;
    }

    /// <summary>What must hold of every session at any time.</summary>
    public void Check(int window)
    {
        Core.CheckInvariants();
        var at = Core.Positions;
        Require(at.Done <= at.Stored && at.Stored <= at.Done + window, $"done {at.Done}, stored {at.Stored}.");
        Require(at.Acked <= at.Appended && at.Appended == _log.Count, $"acked {at.Acked}, appended {at.Appended}.");
        Require(at.Stored == _contents.Count, "Something was stored unseen.");
        for (var sequence = at.Acked; sequence < at.Appended; sequence++)
        {
            var entry = Core.Outbox.After(sequence);
            Require(entry is not null && entry.Sequence == sequence + 1 && (entry.Kind, entry.Re, entry.Try, entry.Provisional) == Entry(sequence + 1), $"Entry {sequence + 1} is not kept as it was.");
        }

        Require(Core.Outbox.After(at.Appended) is null, "There is an entry after the last.");
        Require(EndedDone < 0 || (Core.BeginTry() == 0 && Core.Push(Payload(7)) == TurnVerdict.Fenced && Core.Nack("handler_failed") == TurnVerdict.Fenced), "An ended session goes on.");
        Require(EndedDone < 0 || EndedDone == at.Done, "An ended session has done more.");
        Require(Core.State == SessionState.Attached == (Owner != 0) && Core.Connection == (Owner == 0 ? null : $"c{Owner}"), "The session names another connection.");
    }

    public void WriteTo(List<byte> bytes)
    {
        var at = Core.Positions;
        bytes.AddRange([(byte)at.Stored, (byte)at.Done, (byte)at.Appended, (byte)at.Acked, (byte)Core.Generation, (byte)Core.Attempt, (byte)Core.State, (byte)Owner,
            (byte)LiveTry, (byte)Fails, (byte)Pushes, (byte)Missed, Core.InputEnded ? (byte)1 : (byte)0]);
        bytes.AddRange(_contents);
        foreach (var entry in _log)
        {
            bytes.AddRange([(byte)((int)entry.Kind | (entry.Provisional ? 16 : 0)), (byte)entry.Re, (byte)entry.Try]);
        }

        for (var sequence = at.Done + 1; sequence <= at.Stored; sequence++)
        {
            bytes.Add(Core.Inbox.Find(sequence)!.StopAsked ? (byte)1 : (byte)0);
        }
    }

    private bool Take(TurnVerdict verdict)
    {
        Require(verdict != TurnVerdict.Fenced, "The one live try was fenced.");
        Sync();
        return verdict == TurnVerdict.Applied;
    }

    private void Finish(long sequence)
    {
        Require(Core.Inbox.Done == sequence, "A message was done out of its turn.");
        LiveTry = 0;
        Fails = 0;
        CheckClosed();
    }

    // Every provisional entry is closed exactly once, and only the live try writes.
    private void Sync()
    {
        while (Core.Outbox.After(_log.Count) is { } entry)
        {
            Require(entry.Sequence == _log.Count + 1, "A number was skipped.");
            var same = _log.Where(earlier => earlier.Re == entry.Re && earlier.Try == entry.Try && entry.Try > 0).ToList();
            Require(!same.Exists(earlier => earlier.Kind is EntryKind.End or EntryKind.Void), $"Try {entry.Try} of {entry.Re} writes after it was closed.");
            Require(entry.Kind != EntryKind.Void || same.Exists(earlier => earlier.Provisional), "Nothing was withdrawn.");
            Require(entry.Kind != EntryKind.Gap || (entry.Missed == Missed && Missed > 0 && _log[^1].Kind != EntryKind.Gap), $"A gap tells of {entry.Missed} where {Missed} did not fit.");
            Missed = entry.Kind == EntryKind.Gap ? 0 : Missed;
            Require(Missed == 0, "An entry came before the gap that stands before it.");
            Require(entry.Try == 0 || entry.Try == LiveTry || entry.Kind == EntryKind.Void, "A try writes that is not live.");
            _log.Add((entry.Kind, entry.Re, entry.Try, entry.Provisional));
        }
    }

    private void CheckClosed()
    {
        foreach (var open in _log.Where(entry => entry.Provisional))
        {
            Require(_log.Count(entry => entry.Re == open.Re && entry.Try == open.Try && entry.Kind is EntryKind.End or EntryKind.Void) == 1, $"Try {open.Try} of {open.Re} was not closed exactly once.");
        }
    }
}
