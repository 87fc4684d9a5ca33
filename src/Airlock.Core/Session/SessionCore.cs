using System.Diagnostics;

namespace Airlock.Core;

/// <summary>One session, pure: two logs, the generation that fences connections, and the one try that may be live.</summary>
/// <remarks>
/// Not safe for concurrent use: each method is one step, made under the session's lock or in one script of a store.
/// Invariant: raising the generation and reading what was received are one step, and nothing of an older generation is stored after it.
/// Invariant: at most one try is live, and what it streamed is followed by exactly one end or void.
/// Invariant: pushes that did not fit and the missed of all gaps are as many, but for those that no step could tell of yet: with room, and at the end, there are none of those.
/// </remarks>
public sealed partial class SessionCore
{
    private const long AttemptMax = (1L << 53) - 1;

    // Null exactly while not attached.
    private string? _connection;
    private long _attempt;
    private long _missed;

    /// <summary>Makes a session that is attached to its first connection, in generation 1.</summary>
    /// <param name="connection">The connection's id.</param>
    /// <param name="attempt">The client's attempt, from 1.</param>
    /// <param name="limits">Its limits.</param>
    /// <param name="features">What its client can.</param>
    public SessionCore(string connection, long attempt, SessionLimits limits, SessionFeatures features = SessionFeatures.None)
    {
        Features = features;
        _connection = connection;
        _attempt = attempt;
        Generation = 1;
        Inbox = new Inbox(limits.Window);
        Outbox = new Outbox(limits.OutboxEntriesMax, limits.OutboxBytesMax);
    }

    /// <summary>Copies a session. Later changes of one do not show in the other, so a store can try a step on a copy and keep it only once it is written.</summary>
    /// <param name="other">The session to copy. Payloads are shared: they do not change.</param>
    public SessionCore(SessionCore other)
    {
        ArgumentNullException.ThrowIfNull(other);
        _connection = other._connection;
        _attempt = other._attempt;
        _missed = other._missed;
        Features = other.Features;
        _try = other._try;
        _tryLive = other._tryLive;
        _streamed = other._streamed;
        Generation = other.Generation;
        State = other.State;
        InputEnded = other.InputEnded;
        Inbox = new Inbox(other.Inbox);
        Outbox = new Outbox(other.Outbox);
    }

    /// <summary>The client's messages.</summary>
    public Inbox Inbox { get; }

    /// <summary>The server's entries.</summary>
    public Outbox Outbox { get; }

    /// <summary>What it may contain.</summary>
    public SessionFeatures Features { get; }

    /// <summary>Where the session is.</summary>
    public SessionState State { get; private set; }

    /// <summary>Rises by one at every attach; connections of older ones are fenced.</summary>
    public long Generation { get; private set; }

    /// <summary>The attempt of the last attach.</summary>
    public long Attempt => _attempt;

    /// <summary>The connection that serves the session, or null.</summary>
    public string? Connection => _connection;

    /// <summary>Whether the client said that no more input comes.</summary>
    public bool InputEnded { get; private set; }

    /// <summary>Whether nothing is left to do after the client's bye: every message is done, and the client has acknowledged every entry.</summary>
    public bool IsFinished => InputEnded && Inbox.Next is null && Outbox.Acked == Outbox.Appended;

    /// <summary>The counters.</summary>
    public SessionPositions Positions => new(Inbox.Stored, Inbox.Done, Outbox.Appended, Outbox.Acked);

    /// <summary>Attaches another connection: judges, and if all is well raises the generation, in one step.</summary>
    /// <param name="connection">The connection's id. The one that is attached already gets the same answer again.</param>
    /// <param name="attempt">The client's attempt; must be higher than the last.</param>
    /// <param name="received">The highest server number the client has handled.</param>
    /// <param name="features">What the client can.</param>
    /// <exception cref="UnreachableException">The session has ended: a store attaches to no ended session, but makes a new one.</exception>
    public ResumeVerdict Attach(string connection, long attempt, long received, SessionFeatures features = SessionFeatures.None)
    {
        if (State == SessionState.Ended)
        {
            throw new UnreachableException("An ended session cannot be attached; the store answers with a new one.");
        }

        if (connection == _connection)
        {
            return ResumeVerdict.Resumed;
        }

        // Nothing is higher than the highest number; a session that has seen it must be resumable all the same.
        if (attempt <= _attempt && attempt < AttemptMax)
        {
            return ResumeVerdict.Stale;
        }

        var verdict = Resume.Judge(Positions, received);
        if (verdict == ResumeVerdict.Resumed && (Features & ~features) != 0)
        {
            return ResumeVerdict.Unable;
        }

        if (verdict == ResumeVerdict.Resumed && InputEnded && Inbox.Next is null && received == Outbox.Appended && _missed == 0)
        {
            return ResumeVerdict.Finished;
        }

        if (verdict == ResumeVerdict.Resumed)
        {
            Outbox.Acknowledge(received);
            TellMissedIfRoom();
            State = SessionState.Attached;
            Generation++;
            _attempt = attempt;
            _connection = connection;
        }

        return verdict;
    }

    /// <summary>Lets go of the connection of a generation. An older one has no say.</summary>
    /// <param name="generation">The connection's generation.</param>
    /// <returns>Whether the session is detached by this call.</returns>
    public bool Detach(long generation)
    {
        if (State != SessionState.Attached || generation != Generation)
        {
            return false;
        }

        State = SessionState.Detached;
        _connection = null;
        return true;
    }

    /// <summary>Stores a client's message.</summary>
    /// <param name="generation">The generation of the connection that read it.</param>
    /// <param name="sequence">Its number, from 1.</param>
    /// <param name="id">Its idempotency key.</param>
    /// <param name="payload">Its payload; not changed afterwards.</param>
    /// <param name="traceParent">What the client was doing, or null; not part of the content.</param>
    public AppendVerdict Append(long generation, long sequence, string id, ReadOnlyMemory<byte> payload, string? traceParent = null) =>
        IsFenced(generation) ? AppendVerdict.Fenced
        : InputEnded && sequence > Inbox.Stored ? AppendVerdict.InputEnded
        : Inbox.Append(sequence, id, payload, traceParent);

    /// <summary>Applies the client's acknowledgement.</summary>
    /// <param name="generation">The generation of the connection that read it.</param>
    /// <param name="sequence">The highest server number handled.</param>
    public AckVerdict Acknowledge(long generation, long sequence)
    {
        if (IsFenced(generation))
        {
            return AckVerdict.Fenced;
        }

        var verdict = Outbox.Acknowledge(sequence);
        TellMissedIfRoom();
        return verdict;
    }

    /// <summary>The client's bye: no more input. Again: nothing happens. It outlives the connection that heard it.</summary>
    /// <param name="generation">The generation of the connection that read it.</param>
    public bool EndInput(long generation)
    {
        if (IsFenced(generation))
        {
            return false;
        }

        return InputEnded = true;
    }

    /// <summary>The client's wish to stop a message. Idempotent; nothing happens for one that is done or not stored.</summary>
    /// <param name="generation">The generation of the connection that read it.</param>
    /// <param name="sequence">The message's number.</param>
    /// <returns>Whether the message is the one being handled now.</returns>
    public bool Stop(long generation, long sequence)
    {
        if (IsFenced(generation) || Inbox.Find(sequence) is not { } message)
        {
            return false;
        }

        message.StopAsked = true;
        return _tryLive && message == Inbox.Next;
    }

    /// <summary>Ends the session: nothing is stored or appended any more. What a live try streamed is withdrawn first. Again: nothing happens.</summary>
    public void End()
    {
        if (State == SessionState.Ended)
        {
            return;
        }

        if (_tryLive)
        {
            Withdraw();
        }

        // Its number is among what the client is told to be lost; without one, pushes that were refused last would be lost in silence.
        TellMissed();
        State = SessionState.Ended;
        _connection = null;
        Generation++;
    }

    /// <summary>Checks the invariants. It looks at everything that is kept: for tests and simulations, after each step.</summary>
    /// <exception cref="UnreachableException">One does not hold: a bug in here.</exception>
    public void CheckInvariants()
    {
        Inbox.CheckInvariants();
        Outbox.CheckInvariants();
        var open = OpenTries();
        var broken = _connection is not null != (State == SessionState.Attached) ? $"it is {State} and has {(_connection is null ? "no" : "a")} connection"
            : Generation < 1 || _attempt < 0 || _attempt > AttemptMax ? $"generation {Generation}, attempt {_attempt}"
            : _tryLive && (State == SessionState.Ended || Inbox.Next is null || _try == 0) ? "a try is live of nothing"
            : _try < 0 || (_try > 0 && Inbox.Next is null) ? $"try {_try} of nothing"
            : _streamed < 0 || (_streamed > 0 && !_tryLive) ? $"{_streamed} entries belong to no live try"
            : open.Any(at => !_tryLive || at != (Inbox.Done + 1, _try)) || open.Count > _streamed ? "an entry is provisional for ever"
            : _missed < 0 || (_missed > 0 && ((Features & SessionFeatures.Gap) == 0 || !Outbox.IsFull || State == SessionState.Ended)) ? $"of {_missed} pushes that did not fit nobody is told"
            : null;
        if (broken is not null)
        {
            throw new UnreachableException($"The session is broken: {broken}.");
        }
    }

    /// <summary>Whether a connection of this generation has nothing to say any more.</summary>
    /// <param name="generation">The generation of the connection.</param>
    public bool IsFenced(long generation) => State != SessionState.Attached || generation != Generation;

    /// <summary>The tries of the provisional entries that nothing follows yet which ends or withdraws them.</summary>
    private List<(long Re, int Try)> OpenTries()
    {
        List<(long Re, int Try)> open = [];
        for (var at = Outbox.After(0); at is not null; at = Outbox.After(at.Sequence))
        {
            if (at is { Kind: EntryKind.Data, Provisional: true })
            {
                open.Add((at.Re, at.Try));
            }
            else if (at.Kind is EntryKind.End or EntryKind.Void)
            {
                open.RemoveAll(entry => entry == (at.Re, at.Try));
            }
        }

        return open;
    }
}
