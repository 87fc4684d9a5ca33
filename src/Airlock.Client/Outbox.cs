using System.Diagnostics;

namespace Airlock.Client;

/// <summary>What this client has to say: messages in order, each kept until the server has finished it.</summary>
/// <remarks>
/// A message's number is its place: the first one kept is Done + 1, the next Done + 2. So numbers have no gap, a repeat has its old number, and a new
/// session numbers again from 1.
/// Invariant: Done ≤ Stored ≤ Transmitted ≤ Written, and every number the server names lies at or below Transmitted; Transmitted ≤ Last, unless what was written was given up.
/// </remarks>
internal sealed class Outbox
{
    /// <summary>How many finished messages are remembered by id for frames that still refer to them. A server keeps fewer frames than that unacknowledged.</summary>
    private const int FinishedMax = 1024;

    private readonly List<OutboxMessage> _messages = [];
    private readonly Queue<(long Sequence, string Id)> _finished = new();
    private readonly Queue<(OutboxMessage Message, long Sequence, long After)> _unsettled = new();

    /// <summary>Highest number whose turn is finished.</summary>
    public long Done { get; private set; }

    /// <summary>Highest number the server said it has stored.</summary>
    public long Stored { get; private set; }

    /// <summary>Highest number written to the connection that is attached now.</summary>
    public long Transmitted { get; private set; }

    /// <summary>Highest number that may have been written to any connection of the session: no server has more.</summary>
    public long Written { get; private set; }

    /// <summary>Highest number given to a message.</summary>
    public long Last => Done + _messages.Count;

    /// <summary>Payload bytes kept.</summary>
    public long Bytes { get; private set; }

    /// <summary>The unfinished messages.</summary>
    public IReadOnlyList<OutboxMessage> Messages => _messages;

    /// <summary>Finished messages that are still remembered, oldest first.</summary>
    public IEnumerable<(long Sequence, string Id)> Finished => _finished;

    /// <summary>Everything whose outcome is not told yet.</summary>
    public IEnumerable<OutboxMessage> Untold => _unsettled.Select(static entry => entry.Message).Concat(_messages);

    /// <summary>Whether the outcome of every finished message is told: none waits for frames that are on the way.</summary>
    public bool IsSettled => _unsettled.Count == 0;

    public void Append(OutboxMessage message)
    {
        _messages.Add(message);
        Bytes += message.Payload.Length;
    }

    /// <summary>The unfinished message with this id, and its number.</summary>
    public (OutboxMessage Message, long Sequence)? Find(string id)
    {
        var place = _messages.FindIndex(message => message.Id == id);
        return place < 0 ? null : (_messages[place], Done + 1 + place);
    }

    /// <summary>The unfinished message of a number, or null.</summary>
    public OutboxMessage? At(long sequence) => sequence > Done && sequence <= Last ? _messages[(int)(sequence - Done - 1)] : null;

    /// <summary>The message of a number whose outcome is not told yet, or null: also a finished one, if what refuses it may still be on the way.</summary>
    public OutboxMessage? Named(long sequence) => At(sequence) ?? _unsettled.FirstOrDefault(entry => entry.Sequence == sequence).Message;

    /// <summary>The id of a message, finished or not, if it is still known.</summary>
    public string? IdOf(long sequence)
    {
        if (At(sequence) is { } message)
        {
            return message.Id;
        }

        return _finished.FirstOrDefault(entry => entry.Sequence == sequence).Id;
    }

    /// <summary>The next message to write. The credit rule: s ≤ done + window.</summary>
    /// <param name="window">The window.</param>
    /// <param name="most">Nothing above it is sent in this session; null if there is no end yet.</param>
    public OutboxMessage? Peek(int window, long? most) => Transmitted - Done < window && Transmitted < (most ?? long.MaxValue) ? At(Transmitted + 1) : null;

    /// <summary>The message of <see cref="Peek"/> is written; returns its number.</summary>
    public long Advance()
    {
        Written = Math.Max(Written, ++Transmitted);
        return Transmitted;
    }

    /// <summary>Takes out the message of <see cref="Peek"/>, which cannot be sent. No session has stored it, so its number is free for the next.</summary>
    public void Drop()
    {
        var place = (int)(Transmitted - Done);
        Bytes -= _messages[place].Payload.Length;
        _messages.RemoveAt(place);
    }

    /// <summary>The server has stored up to <paramref name="stored"/> and finished up to <paramref name="done"/>.</summary>
    /// <param name="stored"><c>a</c>, or null.</param>
    /// <param name="done"><c>d</c>, or null.</param>
    /// <param name="after">The server's number that has to arrive before a finished message is settled: what refuses it may still be on the way.</param>
    /// <exception cref="ServerViolation">A number was never sent, or went back.</exception>
    public void Acknowledge(long? stored, long? done, long after)
    {
        var (a, d) = (stored ?? Stored, done ?? Done);
        if (a > Transmitted || d > Math.Max(a, Stored))
        {
            throw new ServerViolation($"An acknowledgement (a {stored}, d {done}) is beyond what was sent ({Transmitted}) or stored.");
        }

        if (a < Stored || d < Done)
        {
            throw new ServerViolation($"An acknowledgement (a {stored}, d {done}) went back from (a {Stored}, d {Done}).");
        }

        Stored = a;
        var finished = _messages.GetRange(0, (int)(d - Done));
        _messages.RemoveRange(0, finished.Count);
        foreach (var message in finished)
        {
            Done++;
            Bytes -= message.Payload.Length;
            _unsettled.Enqueue((message, Done, after));
            Remember(Done, message.Id);
        }
    }

    /// <summary>A connection is attached to the same session: what that has not stored is written again.</summary>
    /// <param name="received">Highest number the session has stored.</param>
    /// <param name="done">Highest number it has finished.</param>
    /// <param name="replayTo">Highest number it has sent.</param>
    /// <exception cref="ServerViolation">It stored what was never sent, or forgot what it had.</exception>
    public void Resume(long received, long done, long replayTo)
    {
        if (received > Written)
        {
            throw new ServerViolation($"ready says that {received} messages are stored, but only {Written} were written.");
        }

        if (received < Stored || done < Done || done > received)
        {
            // Before anything is changed: the connection that heard this is left, and what is known stays as it is.
            throw new ServerViolation($"ready says that {received} messages are stored and {done} done, but it was told before of {Stored} and {Done}.");
        }

        Transmitted = received;
        Acknowledge(received, done, replayTo);
    }

    /// <summary>Whether what the server has stored covers messages of this client whose fate it does not know: a number that somebody else used could be taken for one of them.</summary>
    public bool IsInDoubt(long received) => Math.Min(received, Written) > Done;

    /// <summary>A new session: everything unfinished gets a new number, from 1. What is known to have ended is not sent again, though the <c>d</c> that covers it never came.</summary>
    public void Renumber()
    {
        _finished.Clear();
        for (var count = _unsettled.Count; count > 0; count--)
        {
            // What would have refused it went with the old session.
            _unsettled.Enqueue((_unsettled.Dequeue().Message, 0, 0));
        }

        foreach (var message in _messages.Where(static message => message.HasEnded))
        {
            _unsettled.Enqueue((message, 0, 0));
            Bytes -= message.Payload.Length;
        }

        _messages.RemoveAll(static message => message.HasEnded);
        Done = 0;
        Stored = 0;
        Transmitted = 0;
        Written = 0;
    }

    /// <summary>The next finished message whose outcome is certain now, or null.</summary>
    /// <param name="arrived">Highest server number that has arrived.</param>
    public OutboxMessage? Settle(long arrived) => _unsettled.TryPeek(out var entry) && entry.After <= arrived ? _unsettled.Dequeue().Message : null;

    /// <summary>Gives up everything unfinished. Numbers that were given out stay used.</summary>
    public IReadOnlyList<OutboxMessage> Clear()
    {
        OutboxMessage[] all = [.. _messages];
        _messages.Clear();
        Bytes = 0;
        return all;
    }

    /// <summary>Where an earlier process stood.</summary>
    public void Restore(long done, IEnumerable<(long Sequence, string Id)> finished)
    {
        (Done, Stored, Transmitted) = (done, done, done);
        Written = done;
        foreach (var (sequence, id) in finished)
        {
            Remember(sequence, id);
        }
    }

    /// <summary>What an earlier process had unfinished, in order: nobody knows what of it was written, but that nothing after a bye was.</summary>
    public void Restore(OutboxMessage message, long? bye)
    {
        Append(message);
        Written = Math.Min(Last, bye ?? long.MaxValue);
    }

    /// <summary>Checks the invariants. It looks at everything that is kept: for tests and simulations, after each step.</summary>
    /// <exception cref="UnreachableException">One does not hold: a bug in here.</exception>
    public void CheckInvariants()
    {
        // In loops, as this is a good part of what a simulation costs.
        var bytes = 0L;
        foreach (var message in _messages)
        {
            bytes += message.Payload.Length;
        }

        var remembered = 0L;
        foreach (var (sequence, _) in _finished)
        {
            remembered = Math.Max(remembered, sequence);
        }

        var waiting = 0L;
        foreach (var (_, sequence, _) in _unsettled)
        {
            waiting = Math.Max(waiting, sequence);
        }

        var broken = Done < 0 || Stored < Done || Transmitted < Stored || Written < Transmitted ? $"done {Done}, stored {Stored}, transmitted {Transmitted}, written {Written}"
            : Bytes != bytes ? $"{Bytes} bytes are counted"
            : _messages.Count > 1 && _messages.Select(static message => message.Id).Distinct().Count() != _messages.Count ? "an id is kept twice"
            : _finished.Count > FinishedMax || remembered > Done ? "an id is remembered of a message that is not finished"
            : waiting > Done ? "a message waits to be settled that is not finished"
            : null;
        if (broken is not null)
        {
            throw new UnreachableException($"The client's outbox is broken: {broken}.");
        }
    }

    private void Remember(long sequence, string id)
    {
        _finished.Enqueue((sequence, id));
        if (_finished.Count > FinishedMax)
        {
            _finished.Dequeue();
        }
    }
}
