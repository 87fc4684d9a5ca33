using System.Diagnostics;

namespace Airlock.Core;

/// <summary>One session, pure: two logs, the generation that fences connections, and the one try that may be live.</summary>
/// <remarks>
/// Not safe for concurrent use: each method is one step, made under the session's lock or in one script of a store.
/// Invariant: raising the generation and reading what was received are one step, and nothing of an older generation is stored after it.
/// Invariant: at most one try is live, and what it streamed is followed by exactly one end or void.
/// </remarks>
public sealed class SessionCore
{
    private readonly SessionLimits _limits;
    private string? _connection;
    private long _attempt;
    private int _try;
    private bool _tryLive;
    private int _streamed;

    /// <summary>Makes a session that is attached to its first connection, in generation 1.</summary>
    /// <param name="connection">The connection's id.</param>
    /// <param name="attempt">The client's attempt, from 1.</param>
    /// <param name="limits">Its limits.</param>
    public SessionCore(string connection, long attempt, SessionLimits limits)
    {
        _limits = limits;
        _connection = connection;
        _attempt = attempt;
        Generation = 1;
        Inbox = new Inbox(limits.Window);
        Outbox = new Outbox(limits.OutboxEntriesMax, limits.OutboxBytesMax);
    }

    /// <summary>The client's messages.</summary>
    public Inbox Inbox { get; }

    /// <summary>The server's entries.</summary>
    public Outbox Outbox { get; }

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

    /// <summary>Whether the session has nothing left to do after the client's bye.</summary>
    public bool IsFinished => InputEnded && Inbox.Next is null;

    /// <summary>The counters.</summary>
    public SessionPositions Positions => new(Inbox.Stored, Inbox.Done, Outbox.Appended, Outbox.Acked);

    /// <summary>Attaches another connection: judges, and if all is well raises the generation, in one step.</summary>
    /// <param name="connection">The connection's id. The one that is attached already gets the same answer again.</param>
    /// <param name="attempt">The client's attempt; must be higher than the last.</param>
    /// <param name="received">The highest server number the client has handled.</param>
    public ResumeVerdict Attach(string connection, long attempt, long received)
    {
        Debug.Assert(State != SessionState.Ended);
        if (State == SessionState.Attached && connection == _connection)
        {
            return ResumeVerdict.Resumed;
        }

        if (attempt <= _attempt)
        {
            return ResumeVerdict.Stale;
        }

        var verdict = Resume.Judge(Positions, received);
        if (verdict == ResumeVerdict.Resumed)
        {
            Outbox.Acknowledge(received);
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
    public AppendVerdict Append(long generation, long sequence, string id, ReadOnlyMemory<byte> payload) =>
        IsFenced(generation) ? AppendVerdict.Fenced
        : InputEnded ? AppendVerdict.InputEnded
        : Inbox.Append(sequence, id, payload);

    /// <summary>Applies the client's acknowledgement.</summary>
    /// <param name="generation">The generation of the connection that read it.</param>
    /// <param name="sequence">The highest server number handled.</param>
    public AckVerdict Acknowledge(long generation, long sequence) => IsFenced(generation) ? AckVerdict.Fenced : Outbox.Acknowledge(sequence);

    /// <summary>The client's bye: no more input.</summary>
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

    /// <summary>Begins the next try of the next message.</summary>
    /// <returns>The number of the try, from 1; 0 if there is nothing to handle.</returns>
    public int BeginTry()
    {
        if (State == SessionState.Ended || Inbox.Next is null)
        {
            return 0;
        }

        if (_tryLive)
        {
            throw new UnreachableException("A try is live; it must be committed, failed or abandoned first.");
        }

        _tryLive = true;
        _streamed = 0;
        return ++_try;
    }

    /// <summary>Appends a provisional entry of the live try.</summary>
    /// <param name="sequence">The message the caller believes to be handling.</param>
    /// <param name="try">The try the caller believes to be live.</param>
    /// <param name="payload">The payload; not changed afterwards.</param>
    public TurnVerdict Stream(long sequence, int @try, ReadOnlyMemory<byte> payload)
    {
        if (!IsLive(sequence, @try))
        {
            return TurnVerdict.Fenced;
        }

        if (Outbox.IsFull)
        {
            return TurnVerdict.Full;
        }

        _streamed++;
        Outbox.Append(new OutboxEntry { Kind = EntryKind.Data, Re = sequence, Try = @try, Provisional = true, Payload = payload });
        return TurnVerdict.Applied;
    }

    /// <summary>Commits the live try: replies, <c>end</c> and done in one step.</summary>
    /// <param name="sequence">The message the caller believes to be handling.</param>
    /// <param name="try">The try the caller believes to be live.</param>
    /// <param name="replies">What was staged; dropped if the turn was stopped by an exception.</param>
    /// <param name="stopped">Whether the client's stop ended the turn.</param>
    public TurnVerdict Commit(long sequence, int @try, IReadOnlyList<ReadOnlyMemory<byte>> replies, bool stopped)
    {
        if (!IsLive(sequence, @try))
        {
            return TurnVerdict.Fenced;
        }

        if (replies.Count > 0 && Outbox.IsFull)
        {
            return TurnVerdict.Full;
        }

        foreach (var payload in replies)
        {
            Outbox.Append(new OutboxEntry { Kind = EntryKind.Data, Re = sequence, Try = @try, Payload = payload });
        }

        if (_streamed > 0 || stopped)
        {
            Outbox.Append(new OutboxEntry { Kind = EntryKind.End, Re = sequence, Try = @try, Stopped = stopped });
        }

        Finish();
        return TurnVerdict.Applied;
    }

    /// <summary>Fails the live try: <c>void</c> withdraws what it streamed.</summary>
    /// <param name="sequence">The message the caller believes to be handling.</param>
    /// <param name="try">The try the caller believes to be live.</param>
    public TurnVerdict Fail(long sequence, int @try)
    {
        if (!IsLive(sequence, @try))
        {
            return TurnVerdict.Fenced;
        }

        Withdraw();
        return TurnVerdict.Applied;
    }

    /// <summary>Gives up on the next message: <c>nack</c> and done in one step. No try may be live.</summary>
    /// <param name="cause">Why, from <c>spec/wire.md</c>.</param>
    /// <param name="status">For <c>duplicate</c>: <c>done</c> or <c>pending</c>.</param>
    public void Nack(string cause, string? status = null)
    {
        if (_tryLive || Inbox.Next is not { } message)
        {
            throw new UnreachableException("There is no message to refuse, or its try is live.");
        }

        Outbox.Append(new OutboxEntry { Kind = EntryKind.Nack, Re = message.Sequence, Cause = cause, Status = status });
        Finish();
    }

    /// <summary>Appends a message nobody asked for.</summary>
    /// <param name="payload">The payload; not changed afterwards.</param>
    public TurnVerdict Push(ReadOnlyMemory<byte> payload)
    {
        if (State == SessionState.Ended)
        {
            return TurnVerdict.Fenced;
        }

        if (Outbox.IsFull)
        {
            return TurnVerdict.Full;
        }

        Outbox.Append(new OutboxEntry { Kind = EntryKind.Data, Payload = payload });
        return TurnVerdict.Applied;
    }

    /// <summary>Ends the session: nothing is stored or appended any more. What a live try streamed is withdrawn first.</summary>
    public void End()
    {
        if (_tryLive)
        {
            Withdraw();
        }

        State = SessionState.Ended;
        _connection = null;
        Generation++;
    }

    private void Withdraw()
    {
        if (_streamed > 0)
        {
            Outbox.Append(new OutboxEntry { Kind = EntryKind.Void, Re = Inbox.Done + 1, Try = _try });
        }

        _tryLive = false;
        _streamed = 0;
    }

    private void Finish()
    {
        Inbox.Complete();
        _tryLive = false;
        _streamed = 0;
        _try = 0;
    }

    private bool IsFenced(long generation) => State != SessionState.Attached || generation != Generation;

    private bool IsLive(long sequence, int @try) => State != SessionState.Ended && _tryLive && sequence == Inbox.Done + 1 && @try == _try;
}
