using System.Diagnostics;

namespace Airlock.Core;

/// <summary>The server's side of a session: turns, their tries, and what they append.</summary>
public sealed partial class SessionCore
{
    private const long MissedMax = (1L << 53) - 1;
    private int _try;
    private bool _tryLive;
    private int _streamed;

    /// <summary>Whether a try is live.</summary>
    public bool HasLiveTry => _tryLive;

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
        Append(new OutboxEntry { Kind = EntryKind.Data, Re = sequence, Try = @try, Provisional = true, Payload = payload });
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

        for (var i = 0; i < replies.Count; i++)
        {
            Append(new OutboxEntry { Kind = EntryKind.Data, Re = sequence, Try = @try, Payload = replies[i] });
        }

        if (_streamed > 0 || stopped)
        {
            Append(new OutboxEntry { Kind = EntryKind.End, Re = sequence, Try = @try, Stopped = stopped });
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
    /// <returns>Applied; or fenced, because the session has ended.</returns>
    public TurnVerdict Nack(string cause, string? status = null)
    {
        if (State == SessionState.Ended)
        {
            return TurnVerdict.Fenced;
        }

        if (_tryLive || Inbox.Next is not { } message)
        {
            throw new UnreachableException("There is no message to refuse, or its try is live.");
        }

        Append(new OutboxEntry { Kind = EntryKind.Nack, Re = message.Sequence, Cause = cause, Status = status });
        Finish();
        return TurnVerdict.Applied;
    }

    /// <summary>Appends a message nobody asked for. One that does not fit is counted, if the client can be told so.</summary>
    /// <param name="payload">The payload; not changed afterwards.</param>
    public TurnVerdict Push(ReadOnlyMemory<byte> payload)
    {
        if (State == SessionState.Ended)
        {
            return TurnVerdict.Fenced;
        }

        if (Outbox.IsFull)
        {
            _missed += (Features & SessionFeatures.Gap) != 0 && _missed < MissedMax ? 1 : 0;
            return TurnVerdict.Full;
        }

        Append(new OutboxEntry { Kind = EntryKind.Data, Payload = payload });
        return TurnVerdict.Applied;
    }

    /// <summary>Appends an entry, and before it the gap that stands where pushes did not fit.</summary>
    private void Append(OutboxEntry entry)
    {
        TellMissed();
        Outbox.Append(entry);
    }

    /// <summary>Else a client that is slow and then caught up would wait for the next message to hear that it missed some. With room left the next push fits, so no gap follows a gap.</summary>
    private void TellMissedIfRoom()
    {
        if (!Outbox.IsFull)
        {
            TellMissed();
        }
    }

    private void TellMissed()
    {
        if (_missed > 0)
        {
            Outbox.Append(new OutboxEntry { Kind = EntryKind.Gap, Missed = _missed });
            _missed = 0;
        }
    }

    private void Withdraw()
    {
        if (_streamed > 0)
        {
            Append(new OutboxEntry { Kind = EntryKind.Void, Re = Inbox.Done + 1, Try = _try });
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

    private bool IsLive(long sequence, int @try) => State != SessionState.Ended && _tryLive && sequence == Inbox.Done + 1 && @try == _try;
}
