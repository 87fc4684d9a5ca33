namespace Airlock.Tests.Harness;

/// <summary>One end of two links.</summary>
internal sealed class LinkStream(ByteLink incoming, ByteLink outgoing) : Stream
{
    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>Makes both ends of a connection.</summary>
    /// <param name="capacity">How many bytes may lie unread on the way to the first end before a write to it waits.</param>
    public static (LinkStream Client, LinkStream Server) Pair(int capacity)
    {
        var toServer = new ByteLink(1 << 20);
        var toClient = new ByteLink(capacity);
        return (new LinkStream(toClient, toServer), new LinkStream(toServer, toClient));
    }

    /// <summary>The most bytes that ever lay unread on the way here.</summary>
    public long IncomingPeak => incoming.Peak;

    /// <summary>Cuts both directions at once, as a reset does.</summary>
    public void Cut()
    {
        incoming.Cut();
        outgoing.Cut();
    }

    /// <summary>Makes the other side's writes fail, while it goes on reading what is sent from here.</summary>
    /// <returns>When one has failed.</returns>
    public Task RefuseIncoming() => incoming.RefuseWrites();

    /// <summary>When the other side has read all that was sent from here and waits for more.</summary>
    public Task OutgoingReadAsync() => outgoing.ReadOutAsync();

    /// <summary>Ends the way out but goes on reading, as a half-closed socket does.</summary>
    public void EndOutgoing() => outgoing.End();

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => incoming.ReadAsync(buffer, cancellationToken);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => outgoing.WriteAsync(buffer, cancellationToken);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        outgoing.End();
        incoming.Cut();
        base.Dispose(disposing);
    }
}
