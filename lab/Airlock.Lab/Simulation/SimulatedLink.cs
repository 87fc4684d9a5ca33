using System.Threading.Tasks.Sources;
using Airlock.Lab.Scheduling;

namespace Airlock.Lab.Simulation;

/// <summary>One direction of a simulated byte stream. Reads and writes that wait complete in steps of their own, without a context, as a socket's do.</summary>
public sealed class SimulatedLink
{
    private readonly Scheduler _scheduler;
    private readonly string _name;
    private readonly Action<string>? _noteFault;
    private readonly Queue<byte[]> _chunks = new();
    private readonly Queue<(byte[] Bytes, Action? Then)> _inFlight = new();
    private readonly Reader _reader;
    private readonly Writer _writer;
    private int _offset;
    private long _unread;
    private long _written;
    private TimeSpan _lastArrival;
    private bool _isEnded;
    private bool _isReset;
    private bool _writerIsDone;
    private bool _isStalled;
    private bool _isCut;

    internal SimulatedLink(Scheduler scheduler, string name, LinkFaults faults, Action<string>? noteFault = null)
    {
        _noteFault = noteFault;
        _scheduler = scheduler;
        _name = name;
        Faults = faults;
        _reader = new Reader(this);
        _writer = new Writer(this);
    }

    /// <summary>What goes wrong here.</summary>
    public LinkFaults Faults { get; set; }

    /// <summary>How many bytes were written.</summary>
    public long Written => _written;

    /// <summary>Holds back what is written from now on, and what is on its way, until <see cref="Resume"/>.</summary>
    public void Stall() => _isStalled = true;

    /// <summary>Lets a stalled link go on.</summary>
    public void Resume()
    {
        _isStalled = false;
        _reader.Wake();
    }

    /// <summary>The writer's end is closed: what was written still arrives, then comes the end.</summary>
    public void End()
    {
        if (_inFlight.Count > 0)
        {
            // The end comes after what is on its way.
            Arrive([], End);
            return;
        }

        _isEnded = true;
        _reader.Wake();
        _writer.Wake();
    }

    /// <summary>The writer has said its last word: who has read it and reads on meets the end at once, also while the link is stalled. A WebSocket client would wait for it on a real timer.</summary>
    public void NoteLastWord() => _writerIsDone = true;

    /// <summary>Neither end gets any further, as after a reset.</summary>
    public void Reset()
    {
        _isReset = true;
        _chunks.Clear();
        _unread = 0;
        _reader.Wake();
        _writer.Wake();
    }

    internal ValueTask<int> ReadAsync(Memory<byte> into) => _reader.ReadAsync(into);

    internal ValueTask WriteAsync(ReadOnlyMemory<byte> data)
    {
        if (_isReset || _isEnded)
        {
            return new ValueTask(new FailedWrite(this, new IOException(_isReset ? "The link was reset." : "The link has ended.")), 0);
        }

        var bytes = data.ToArray();
        if (Faults.CutAfter is { } cut && _written + bytes.Length > cut)
        {
            bytes = bytes[..(int)Math.Max(0, cut - _written)];
            _written += data.Length;
            if (!_isCut)
            {
                _isCut = true;
                _noteFault?.Invoke(Faults.Cut switch { LinkCut.End => "end", LinkCut.Reset => "reset", _ => "half-open" });
            }

            Arrive(bytes, Faults.Cut switch { LinkCut.End => End, LinkCut.Reset => Reset, _ => Vanish });
            return ValueTask.CompletedTask;
        }

        _written += bytes.Length;
        Arrive(bytes, null);
        return _unread > Faults.Capacity ? _writer.WaitAsync() : ValueTask.CompletedTask;
    }

    private void Vanish() => _isStalled = true;

    private void Arrive(byte[] bytes, Action? then)
    {
        _unread += bytes.Length;
        var at = _scheduler.Time.Elapsed + Faults.Delay;
        at = at < _lastArrival ? _lastArrival : at;
        _lastArrival = at;
        if (at <= _scheduler.Time.Elapsed && _inFlight.Count == 0)
        {
            Put(bytes, then);
            return;
        }

        // Whichever timer fires first brings what was sent first: delays never change the order of bytes.
        _inFlight.Enqueue((bytes, then));
        After(at - _scheduler.Time.Elapsed, () =>
        {
            var (first, afterwards) = _inFlight.Dequeue();
            Put(first, afterwards);
        });
    }

    private void Put(byte[] bytes, Action? then)
    {
        if (!_isReset && bytes.Length > 0)
        {
            _chunks.Enqueue(bytes);
        }

        then?.Invoke();
        _reader.Wake();
    }

    private void After(TimeSpan delay, Action action) => _scheduler.Time.CreateTimer(static action => ((Action)action!)(), action, delay < TimeSpan.Zero ? TimeSpan.Zero : delay, Timeout.InfiniteTimeSpan);

    private bool HasNews => _isReset || (!_isStalled && (_chunks.Count > 0 || _isEnded));

    private int Take(Span<byte> into)
    {
        if (_chunks.Count == 0)
        {
            return 0;
        }

        // A part of what a peer wrote in one go, or all that has arrived: both are a stream's right.
        var most = into.Length;
        var joins = false;
        if (Faults.Splits)
        {
            var choice = _scheduler.Choose(4);
            most = choice switch { 1 => 1, 3 => Math.Min(most, (_chunks.Peek().Length - _offset + 1) / 2), _ => most };
            joins = choice == 2;
        }

        var taken = 0;
        do
        {
            var chunk = _chunks.Peek();
            var count = Math.Min(most - taken, chunk.Length - _offset);
            chunk.AsSpan(_offset, count).CopyTo(into[taken..]);
            taken += count;
            _offset += count;
            if (_offset == chunk.Length)
            {
                _chunks.Dequeue();
                _offset = 0;
            }
        }
        while (joins && taken < most && _chunks.Count > 0);

        _unread -= taken;
        if (_unread <= Faults.Capacity)
        {
            _writer.Wake();
        }

        return taken;
    }

    /// <summary>The end that reads. One read at a time.</summary>
    private sealed class Reader(SimulatedLink link) : IValueTaskSource<int>
    {
        private ManualResetValueTaskSourceCore<int> _core;
        private Memory<byte> _into;
        private bool _isWaiting;
        private bool _isWoken;

        public ValueTask<int> ReadAsync(Memory<byte> into)
        {
            if (into.Length == 0 && link.HasNews)
            {
                return ValueTask.FromResult(0);
            }

            if (link._offset > 0 && !link._isReset && !link._isStalled)
            {
                // The rest of what was read in part: at hand, as with a socket.
                return ValueTask.FromResult(link.Take(into.Span));
            }

            // The end is known at once, as with a socket.
            if (link._isReset)
            {
                return ValueTask.FromException<int>(new IOException("The link was reset."));
            }

            if (link._chunks.Count == 0 && link._inFlight.Count == 0 && (link._writerIsDone || (link._isEnded && !link._isStalled)))
            {
                return ValueTask.FromResult(0);
            }

            if (_isWaiting)
            {
                throw new InvalidOperationException("Two reads at once.");
            }

            _isWaiting = true;
            _into = into;
            _core.Reset();
            if (link.HasNews)
            {
                Wake();
            }

            return new ValueTask<int>(this, _core.Version);
        }

        public void Wake()
        {
            if (_isWaiting && !_isWoken && link.HasNews)
            {
                _isWoken = true;
                link._scheduler.PostRaw(link._name, Complete);
            }
        }

        public int GetResult(short token) => _core.GetResult(token);

        public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

        public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) => _core.OnCompleted(continuation, state, token, flags);

        private void Complete()
        {
            _isWoken = false;
            if (!_isWaiting || !link.HasNews)
            {
                return;
            }

            _isWaiting = false;
            var into = _into;
            _into = default;
            if (link._isReset)
            {
                // Not thrown first: one exception out of three is met here, and each costs as much as several steps.
                _core.SetException(new IOException("The link was reset."));
            }
            else
            {
                _core.SetResult(into.Length == 0 ? 0 : link.Take(into.Span));
            }
        }
    }

    /// <summary>A write that has failed, as whoever looks a second time sees: a WebSocket that sees it at once renders the whole stack as a text, which costs as much as thirty steps.</summary>
    private sealed class FailedWrite(SimulatedLink link, IOException error) : IValueTaskSource
    {
        private bool _wasLookedAt;

        public void GetResult(short token) => throw error;

        public ValueTaskSourceStatus GetStatus(short token)
        {
            var status = _wasLookedAt ? ValueTaskSourceStatus.Faulted : ValueTaskSourceStatus.Pending;
            _wasLookedAt = true;
            return status;
        }

        // Only whoever does not look twice.
        public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) => link._scheduler.PostRaw(link._name, () => continuation(state));
    }

    /// <summary>The end that writes, when it waits for room.</summary>
    private sealed class Writer(SimulatedLink link) : IValueTaskSource
    {
        private ManualResetValueTaskSourceCore<bool> _core;
        private bool _isWaiting;

        public ValueTask WaitAsync()
        {
            _isWaiting = true;
            _core.Reset();
            return new ValueTask(this, _core.Version);
        }

        public void Wake()
        {
            if (_isWaiting)
            {
                _isWaiting = false;
                link._scheduler.PostRaw(link._name, Complete);
            }
        }

        public void GetResult(short token) => _core.GetResult(token);

        public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

        public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) => _core.OnCompleted(continuation, state, token, flags);

        private void Complete()
        {
            if (link._isReset)
            {
                _core.SetException(new IOException("The link was reset."));
            }
            else
            {
                _core.SetResult(true);
            }
        }
    }
}
