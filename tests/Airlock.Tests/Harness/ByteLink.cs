namespace Airlock.Tests.Harness;

/// <summary>One direction of a byte stream in memory. A write that leaves more than the capacity unread waits, as a socket's does.</summary>
internal sealed class ByteLink(int capacity)
{
    private readonly Lock _lock = new();
    private readonly Queue<byte[]> _chunks = new();
    private TaskCompletionSource? _readable;
    private TaskCompletionSource? _writable;
    private int _offset;
    private long _bytes;
    private bool _ended;
    private bool _cut;
    private TaskCompletionSource? _refused;
    private TaskCompletionSource? _readOut;

    /// <summary>The most bytes that ever lay unread.</summary>
    public long Peak { get; private set; }

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        Task? room = null;
        lock (_lock)
        {
            if (_refused is not null)
            {
                _refused.TrySetResult();
                throw new IOException("The link takes no more.");
            }

            ThrowIfOver(_ended);
            _chunks.Enqueue(data.ToArray());
            _bytes += data.Length;
            Peak = Math.Max(Peak, _bytes);
            Release(ref _readable);
            if (_bytes > capacity)
            {
                room = (_writable ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }
        }

        if (room is not null)
        {
            await room.WaitAsync(cancellationToken);
            ThrowIfOver(_ended);
        }
    }

    public async ValueTask<int> ReadAsync(Memory<byte> into, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task readable;
            lock (_lock)
            {
                ThrowIfOver(false);
                if (_bytes > 0)
                {
                    return Take(into.Span);
                }

                if (_ended)
                {
                    return 0;
                }

                readable = (_readable ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
                Release(ref _readOut);
            }

            await readable.WaitAsync(cancellationToken);
        }
    }

    /// <summary>When the reader has taken everything and waits for more.</summary>
    public Task ReadOutAsync()
    {
        lock (_lock)
        {
            return _bytes == 0 && _readable is not null ? Task.CompletedTask : (_readOut ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>The writer is done: what lies here can still be read, then comes the end. A write that waits fails.</summary>
    public void End()
    {
        lock (_lock)
        {
            _ended = true;
            Release(ref _readable);
            Release(ref _writable);
        }
    }

    /// <summary>From now on every write fails; whoever reads waits on, as while a reset is on its way.</summary>
    /// <returns>When a write has failed.</returns>
    public Task RefuseWrites()
    {
        lock (_lock)
        {
            return (_refused ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>Neither side gets any further, as after a reset.</summary>
    public void Cut()
    {
        lock (_lock)
        {
            _cut = true;
            _chunks.Clear();
            _bytes = 0;
            Release(ref _readable);
            Release(ref _writable);
        }
    }

    private int Take(Span<byte> into)
    {
        var taken = 0;
        while (taken < into.Length && _chunks.TryPeek(out var chunk))
        {
            var count = Math.Min(into.Length - taken, chunk.Length - _offset);
            chunk.AsSpan(_offset, count).CopyTo(into[taken..]);
            taken += count;
            _offset += count;
            if (_offset == chunk.Length)
            {
                _chunks.Dequeue();
                _offset = 0;
            }
        }

        _bytes -= taken;
        if (_bytes <= capacity)
        {
            Release(ref _writable);
        }

        return taken;
    }

    private void ThrowIfOver(bool ended)
    {
        if (_cut || ended)
        {
            throw new IOException(_cut ? "The link was cut." : "The link has ended.");
        }
    }

    private static void Release(ref TaskCompletionSource? waiting)
    {
        waiting?.SetResult();
        waiting = null;
    }
}
