using System.Runtime.CompilerServices;
using Airlock.Core;

namespace Airlock;

/// <summary>The bytes beneath a server's WebSocket: passes everything on as it is, and keeps what the WebSocket layer above does not tell.</summary>
/// <remarks>
/// The layer reads on within one message, answers pings and refuses forbidden frames without a word to who uses it. Who hosts connections puts this between the
/// layer and the network and hands it over as <see cref="IUpgrade.Bytes"/>; then bytes are heard as they come, and an end has the cause that was read.
/// One reader and one writer at a time, as a WebSocket has.
/// </remarks>
/// <param name="inner">The stream of the upgraded connection; disposed with this.</param>
public sealed class WatchedStream(Stream inner) : Stream
{
    // The longest header of a frame (RFC 6455 §5.2).
    private const int HeaderBytesMax = 14;

    private volatile int _closeSent;
    private int _zerosLeft = HeaderBytesMax;

    /// <summary>What the client has sent.</summary>
    internal SocketScan Received { get; } = new();

    /// <summary>The code of the last close frame that went out, the layer's own included; 1005 if it had none, 0 if there was none.</summary>
    internal int CloseSent => _closeSent;

    /// <summary>Called, by the reader, when bytes have come.</summary>
    internal Action? Heard { get; set; }

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (Received.Violation is not null)
        {
            return new(ReadZeros(buffer.Span));
        }

        var reading = inner.ReadAsync(buffer, cancellationToken);
        // A read of nothing waits for the next bytes and takes none: a connection that is idle waits so, and holds nothing here.
        return buffer.Length == 0 ? reading
            : reading.IsCompletedSuccessfully ? new(Note(buffer.Span, reading.Result))
            : NoteAsync(buffer, reading);
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count)
    {
        var into = buffer.AsSpan(offset, count);
        return Received.Violation is null ? Note(into, inner.Read(buffer, offset, count)) : ReadZeros(into);
    }

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        NoteSent(buffer.Span);
        return inner.WriteAsync(buffer, cancellationToken);
    }

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count)
    {
        NoteSent(buffer.AsSpan(offset, count));
        inner.Write(buffer, offset, count);
    }

    /// <inheritdoc/>
    public override void Flush() => inner.Flush();

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> NoteAsync(Memory<byte> buffer, ValueTask<int> reading)
    {
        var length = await reading;
        return Note(buffer.Span, length);
    }

    /// <summary>
    /// What follows a forbidden frame: nothing of the client. The layer judges whole headers only, and would wait for the rest of one that is forbidden already (a close or ping
    /// without a mask is shorter than the least header that it reads); with zeros for the rest it refuses at once.
    /// </summary>
    private int ReadZeros(Span<byte> buffer)
    {
        var length = Math.Min(buffer.Length, _zerosLeft);
        buffer[..length].Clear();
        _zerosLeft -= length;
        return length;
    }

    private int Note(ReadOnlySpan<byte> buffer, int length)
    {
        if (length > 0)
        {
            Received.Read(buffer[..length]);
            Heard?.Invoke();
        }

        return length;
    }

    /// <summary>The layer writes each frame at once, its header first.</summary>
    private void NoteSent(ReadOnlySpan<byte> frame)
    {
        const int Close = 0x88;
        if (frame.Length >= 2 && frame[0] == Close)
        {
            _closeSent = frame.Length < 4 ? 1005 : (frame[2] << 8) | frame[3];
        }
    }
}
