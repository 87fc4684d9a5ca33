using System.Diagnostics;
using Airlock.Core;

namespace Airlock.Client;

/// <summary>What the server has to say: which number is next, what waits for the application, what it has handled, what is still provisional.</summary>
/// <remarks>Invariant: Handled ≤ Received ≤ Arrived; numbers arrive without a gap and are handled in order.</remarks>
internal sealed class Inbox(long bytesMax)
{
    /// <summary>How many messages may wait: the most that a server may be set to leave unacknowledged.</summary>
    private const int WaitingMax = 65_536;

    /// <summary>Which part of what may wait may be acknowledged before it is handled.</summary>
    private const int ReleasedShare = 4;

    private readonly Queue<ServerMessage> _waiting = new();
    private readonly Dictionary<(int Epoch, long Re, int Try), string?> _open = [];
    private long _bytes;
    private int _epoch;

    /// <summary>Highest number that has arrived.</summary>
    public long Arrived { get; private set; }

    /// <summary>Highest number that the application has handled.</summary>
    public long Handled { get; private set; }

    /// <summary>Highest number that counts as handled: what an acknowledgement says.</summary>
    public long Received { get; private set; }

    /// <summary>Whether the application is leaving and does not read; see <see cref="Release"/>.</summary>
    public bool IsReleased { get; private set; }

    /// <summary>Counts sessions.</summary>
    public int Epoch => _epoch;

    /// <summary>What waits for the application, or is in its hands; the oldest, or null.</summary>
    public ServerMessage? Waiting => _waiting.TryPeek(out var message) ? message : null;

    /// <summary>The losses that wait for the application, oldest first, as one who has handled no more than it has to be told: what waits of a session that is lost is lost with its process.</summary>
    public IEnumerable<(int Epoch, IReadOnlyList<LostRange> Lost)> Losses
    {
        get
        {
            var numbered = _waiting.Where(static message => message.Sequence > 0).ToLookup(static message => message.Epoch, static message => message.Sequence);
            return _waiting.Where(static message => message.Kind == MessageKind.Lost).Select(loss => (loss.Epoch, With(loss.Lost, [.. numbered[loss.Epoch]])));
        }
    }

    /// <summary>Tries of a session whose provisional data was handled and neither settled nor withdrawn.</summary>
    public IEnumerable<((long Re, int Try) Key, string? Id)> OpenOf(int epoch) => _open.Where(entry => entry.Key.Epoch == epoch).Select(static entry => ((entry.Key.Re, entry.Key.Try), entry.Value));

    /// <summary>A message has arrived.</summary>
    /// <returns>Whether it is the next one; false for one that is here already.</returns>
    /// <exception cref="ServerViolation">There is a gap, or more waits than any server may leave unacknowledged.</exception>
    public bool Accept(ServerMessage message)
    {
        if (message.Sequence <= Arrived)
        {
            return false;
        }

        if (message.Sequence != Arrived + 1)
        {
            throw new ServerViolation($"Number {message.Sequence} came after {Arrived}.");
        }

        if (_waiting.Count >= WaitingMax || _bytes > bytesMax - message.Payload.Length)
        {
            throw new ServerViolation($"{_waiting.Count} messages of {_bytes} bytes came without an acknowledgement.");
        }

        Arrived = message.Sequence;
        Tell(message);
        SkipUnknown();
        return true;
    }

    /// <summary>
    /// The application is leaving and does not read: until it does again, what has arrived counts as handled, though it is still given. Not without a limit: a server that pauses for
    /// acknowledgements has to pause.
    /// </summary>
    public void Release()
    {
        IsReleased = true;
        Advance();
    }

    /// <summary>The application reads: what arrives counts when it has finished with it.</summary>
    public void Hold() => IsReleased = false;

    /// <summary>Puts a message of the client itself behind what has arrived.</summary>
    public void Tell(ServerMessage message)
    {
        _waiting.Enqueue(message);
        _bytes += message.Payload.Length;
    }

    /// <summary>The application has handled the message that waited longest.</summary>
    public void Handle()
    {
        Done(_waiting.Dequeue());
        SkipUnknown();
    }

    /// <summary>What the application cannot be given counts as handled in its turn.</summary>
    private void SkipUnknown()
    {
        while (_waiting.TryPeek(out var next) && next.IsUnknown)
        {
            Done(_waiting.Dequeue());
        }

        Advance();
    }

    private void Done(ServerMessage message)
    {
        _bytes -= message.Payload.Length;
        Note(_open, message);
        if (message.Epoch == _epoch && message.Sequence > 0)
        {
            Handled = message.Sequence;
        }
    }

    /// <summary>The session is lost: a new one counts from 1. What the old one streamed and never settled is withdrawn.</summary>
    public IReadOnlyList<((long Re, int Try) Key, string? Id)> Reset()
    {
        var open = new Dictionary<(int Epoch, long Re, int Try), string?>(_open);
        foreach (var message in _waiting)
        {
            Note(open, message);
        }

        var lost = open.Where(entry => entry.Key.Epoch == _epoch).Select(static entry => ((entry.Key.Re, entry.Key.Try), entry.Value)).ToList();
        _epoch++;
        (Arrived, Handled, Received) = (0, 0, 0);
        return lost;
    }

    /// <summary>Where an earlier process stood.</summary>
    public void Restore(long received, IEnumerable<((long Re, int Try) Key, string? Id)> open)
    {
        (Arrived, Handled, Received) = (received, received, received);
        foreach (var (key, id) in open)
        {
            _open[(_epoch, key.Re, key.Try)] = id;
        }
    }

    /// <summary>Checks the invariants. It looks at everything that waits: for tests and simulations, after each step.</summary>
    /// <exception cref="UnreachableException">One does not hold: a bug in here.</exception>
    public void CheckInvariants()
    {
        // In loops, as this is a good part of what a simulation costs.
        var (bytes, epoch, next, inOrder) = (0L, 0, Handled, true);
        foreach (var message in _waiting)
        {
            bytes += message.Payload.Length;
            epoch = Math.Max(epoch, message.Epoch);
            inOrder &= message.Sequence == 0 || message.Epoch != _epoch || message.Sequence == ++next;
        }

        foreach (var (key, _) in _open)
        {
            epoch = Math.Max(epoch, key.Epoch);
        }

        var broken = Handled < 0 || Received < Handled || Arrived < Received ? $"handled {Handled}, received {Received}, arrived {Arrived}"
            : _bytes != bytes ? $"{_bytes} bytes are counted"
            : epoch > _epoch ? "something waits of a session to come"
            : !inOrder || next != Arrived ? "what waits is not what has arrived and was not handled"
            : null;
        if (broken is not null)
        {
            throw new UnreachableException($"The client's inbox is broken: {broken}.");
        }
    }

    private static IReadOnlyList<LostRange> With(IReadOnlyList<LostRange> lost, IReadOnlyList<long> waiting)
    {
        if (waiting.Count == 0)
        {
            return lost;
        }

        // What was never sent follows what has arrived: one range, where the server knows of it.
        var rest = lost.FirstOrDefault(range => range.Direction == Direction.Down && range.From == waiting[^1] + 1);
        return [new LostRange(Direction.Down, waiting[0], rest.From > 0 ? rest.To : waiting[^1]), .. lost.Where(range => rest.From == 0 || range != rest)];
    }

    private void Advance()
    {
        var counts = IsReleased && _bytes <= bytesMax / ReleasedShare && _waiting.Count <= WaitingMax / ReleasedShare ? Arrived : Handled;
        Received = Math.Max(Received, counts);
    }

    private static void Note(Dictionary<(int Epoch, long Re, int Try), string?> open, ServerMessage message)
    {
        var key = (message.Epoch, message.ReSequence, message.Try);
        if (message.Kind == MessageKind.Data && message.Provisional)
        {
            open[key] = message.Re;
        }
        else if (message.Kind is MessageKind.End or MessageKind.Void)
        {
            open.Remove(key);
        }
    }
}
