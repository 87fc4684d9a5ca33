using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Airlock.Core;

/// <summary>The client's messages of a session: stored in order, done in order.</summary>
/// <remarks>
/// Not safe for concurrent use; its session's lock guards it.
/// Invariant: Done ≤ Stored ≤ Done + window, and a number denotes one content for ever.
/// Invariant: every message in between is kept, in order, and so is what tells its content from another.
/// </remarks>
public sealed class Inbox
{
    private readonly int _window;
    private readonly Queue<InboxMessage> _unfinished = new();
    private ulong[] _digests = [];

    /// <summary>Makes an empty inbox.</summary>
    /// <param name="window">From 1 to 4,096: how many messages may be stored and not done.</param>
    public Inbox(int window) => _window = window;

    /// <summary>Copies an inbox; later changes of one do not show in the other.</summary>
    /// <param name="other">The inbox to copy. Payloads are shared: they do not change.</param>
    public Inbox(Inbox other)
    {
        ArgumentNullException.ThrowIfNull(other);
        _window = other._window;
        _digests = [.. other._digests];
        Stored = other.Stored;
        Done = other.Done;
        foreach (var message in other._unfinished)
        {
            // A copy of the message, too: StopAsked changes, and two copies of a session must not share it.
            _unfinished.Enqueue(message with { });
        }
    }

    /// <summary>The highest number stored.</summary>
    public long Stored { get; private set; }

    /// <summary>The highest number whose turn is finished.</summary>
    public long Done { get; private set; }

    /// <summary>The message to handle now, or null if every stored one is done.</summary>
    public InboxMessage? Next => _unfinished.TryPeek(out var message) ? message : null;

    /// <summary>Stores a message if its number is the next one.</summary>
    /// <param name="sequence">Its number, from 1.</param>
    /// <param name="id">Its idempotency key.</param>
    /// <param name="payload">Its payload; the caller does not change it afterwards.</param>
    /// <param name="traceParent">What the client was doing, or null; not part of the content.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is below 1, which <see cref="FrameReader"/> lets nobody send.</exception>
    public AppendVerdict Append(long sequence, string id, ReadOnlyMemory<byte> payload, string? traceParent = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sequence, 1);
        if (sequence <= Stored)
        {
            return IsRepeat(sequence, id, payload.Span) ? AppendVerdict.Repeat : AppendVerdict.Conflict;
        }

        if (sequence != Stored + 1)
        {
            return AppendVerdict.Gap;
        }

        if (sequence > Done + _window)
        {
            return AppendVerdict.WindowExceeded;
        }

        Stored = sequence;
        Remember(sequence, Digest(id, payload.Span));
        _unfinished.Enqueue(new InboxMessage(sequence, id, payload) { TraceParent = traceParent });
        return AppendVerdict.Stored;
    }

    /// <summary>Marks <see cref="Next"/> as done.</summary>
    public void Complete()
    {
        _unfinished.Dequeue();
        Done++;
    }

    /// <summary>Finds a stored, unfinished message.</summary>
    /// <param name="sequence">Its number.</param>
    public InboxMessage? Find(long sequence) => sequence > Done && sequence <= Stored ? _unfinished.First(m => m.Sequence == sequence) : null;

    /// <summary>Checks the invariants. It looks at everything that is kept: for tests and simulations, after each step.</summary>
    /// <exception cref="UnreachableException">One does not hold: a bug in here.</exception>
    public void CheckInvariants()
    {
        // In a loop, as this is a good part of what a simulation costs.
        var (next, inOrder, isKnown) = (Done, true, true);
        foreach (var message in _unfinished)
        {
            inOrder &= message.Sequence == ++next;
            isKnown &= _digests.Length > 0 && _digests[message.Sequence % _digests.Length] == Digest(message.Id, message.Payload.Span);
        }

        var broken = Done < 0 || Stored < Done || Stored > Done + _window ? $"done {Done}, stored {Stored}, window {_window}"
            : _unfinished.Count != Stored - Done ? $"{_unfinished.Count} messages are kept between {Done} and {Stored}"
            : !inOrder ? "the messages are not in order"
            : _digests.Length > _window || (Stored > 0 && _digests.Length == 0) ? $"{_digests.Length} digests are kept for a window of {_window}"
            : !isKnown ? "a message is not what its number denotes"
            : null;
        if (broken is not null)
        {
            throw new UnreachableException($"The inbox is broken: {broken}.");
        }
    }

    private bool IsRepeat(long sequence, string id, ReadOnlySpan<byte> payload)
    {
        // Only the last window's worth can be told apart. An honest client never repeats older ones: ready told it what is stored, and it may not have more than a window unfinished.
        return sequence > Stored - _window && _digests[sequence % _digests.Length] == Digest(id, payload);
    }

    private void Remember(long sequence, ulong digest)
    {
        if (sequence > _digests.Length && _digests.Length < _window)
        {
            var larger = new ulong[Math.Min(_window, Math.Max(4, _digests.Length * 2))];
            for (var s = Math.Max(1, sequence - _digests.Length); s < sequence; s++)
            {
                larger[s % larger.Length] = _digests[s % _digests.Length];
            }

            _digests = larger;
        }

        _digests[sequence % _digests.Length] = digest;
    }

    /// <summary>Tells contents apart for an honest peer; a peer that makes two contents collide only loses its own repeat.</summary>
    private static ulong Digest(string id, ReadOnlySpan<byte> payload) => Mix(Mix(0x9E3779B97F4A7C15, MemoryMarshal.AsBytes(id.AsSpan())), payload);

    private static ulong Mix(ulong hash, ReadOnlySpan<byte> bytes)
    {
        hash ^= (ulong)bytes.Length * 0xD6E8FEB86659FD93;
        if (bytes.Length >= 64)
        {
            // Four at a time: each product would wait for the one before.
            var (b, c, d) = (~hash, hash ^ 0x9FB21C651E98DF25, hash ^ 0xD6E8FEB86659FD93);
            while (bytes.Length >= 32)
            {
                hash = Mix(hash, MemoryMarshal.Read<ulong>(bytes));
                b = Mix(b, MemoryMarshal.Read<ulong>(bytes[8..]));
                c = Mix(c, MemoryMarshal.Read<ulong>(bytes[16..]));
                d = Mix(d, MemoryMarshal.Read<ulong>(bytes[24..]));
                bytes = bytes[32..];
            }

            hash = Mix(Mix(Mix(hash, b), c), d);
        }

        while (bytes.Length >= 8)
        {
            hash = Mix(hash, MemoryMarshal.Read<ulong>(bytes));
            bytes = bytes[8..];
        }

        foreach (var one in bytes)
        {
            hash = Mix(hash, one);
        }

        return hash ^ (hash >> 32);
    }

    private static ulong Mix(ulong hash, ulong next) => ulong.RotateLeft((hash ^ next) * 0x9FB21C651E98DF25, 29);
}
