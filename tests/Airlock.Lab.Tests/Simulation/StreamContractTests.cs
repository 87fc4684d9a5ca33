using System.Net.Sockets;

namespace Airlock.Lab.Tests;

/// <summary>What a WebSocket may rely on in a stream. The simulated one and a real socket pass the same tests, so the simulation promises nothing that a network does not keep.</summary>
public abstract class StreamContractTests
{
    /// <summary>Runs a test with two connected ends and a way to reset the connection.</summary>
    protected abstract Task RunAsync(Func<Stream, Stream, Action, Task> test);

    /// <summary>More bytes than all buffers on the way take.</summary>
    protected abstract int Flood { get; }

    [Fact]
    public Task Bytes_arrive_in_their_order() => RunAsync(static async (one, other, _) =>
    {
        for (byte i = 0; i < 200; i++)
        {
            await one.WriteAsync(new byte[] { i, i, i });
        }

        var bytes = new byte[600];
        await other.ReadExactlyAsync(bytes);
        Assert.Equal(Enumerable.Range(0, 200).SelectMany(static i => Enumerable.Repeat((byte)i, 3)), bytes);
    });

    [Fact]
    public Task Both_directions_are_apart() => RunAsync(static async (one, other, _) =>
    {
        await one.WriteAsync(new byte[] { 1 });
        await other.WriteAsync(new byte[] { 2 });
        var bytes = new byte[1];
        await one.ReadExactlyAsync(bytes);
        Assert.Equal(2, bytes[0]);
        await other.ReadExactlyAsync(bytes);
        Assert.Equal(1, bytes[0]);
    });

    [Fact]
    public Task After_a_dispose_the_peer_reads_what_was_written_and_then_the_end() => RunAsync(static async (one, other, _) =>
    {
        await one.WriteAsync(new byte[] { 1, 2, 3 });
        await one.DisposeAsync();
        var bytes = new byte[8];
        var read = 0;
        while (await other.ReadAsync(bytes.AsMemory(read)) is var count and > 0)
        {
            read += count;
        }

        Assert.Equal([1, 2, 3], bytes[..read]);
        Assert.Equal(0, await other.ReadAsync(bytes));
    });

    [Fact]
    public Task A_read_that_waits_ends_with_the_peer() => RunAsync(static async (one, other, _) =>
    {
        var read = other.ReadAsync(new byte[8]);
        Assert.False(read.IsCompleted);
        await one.DisposeAsync();
        Assert.Equal(0, await read);
    });

    [Fact]
    public Task A_reset_fails_both_ends() => RunAsync(static async (one, other, reset) =>
    {
        reset();
        Assert.True(await FailsAsync(() => one.ReadAsync(new byte[8])), "The end that was reset can still read.");
        Assert.True(await FailsAsync(() => other.ReadAsync(new byte[8])), "The peer can still read.");
    });

    [Fact]
    public Task A_read_of_nothing_waits_for_data_and_takes_none() => RunAsync(static async (one, other, _) =>
    {
        var nothing = other.ReadAsync(Memory<byte>.Empty);
        Assert.False(nothing.IsCompleted);
        await one.WriteAsync(new byte[] { 7 });
        Assert.Equal(0, await nothing);
        var bytes = new byte[1];
        await other.ReadExactlyAsync(bytes);
        Assert.Equal(7, bytes[0]);
    });

    [Fact]
    public Task Writing_to_a_peer_that_has_closed_fails_in_the_end() => RunAsync(static async (one, other, _) =>
    {
        await other.DisposeAsync();
        var failed = false;
        // The first ones may still go: the network has not said so yet.
        for (var i = 0; i < 100_000 && !failed; i++)
        {
            failed = await WriteFailsAsync(one);
        }

        Assert.True(failed, "A hundred thousand writes went to nobody.");
    });

    [Fact]
    public Task A_write_waits_for_a_reader_that_is_slow() => RunAsync(async (one, other, _) =>
    {
        var sent = new byte[Flood];
        var write = one.WriteAsync(sent).AsTask();
        Assert.False(write.IsCompleted);
        var (bytes, read) = (new byte[1024 * 1024], 0L);
        while (read < sent.Length)
        {
            read += await other.ReadAsync(bytes);
        }

        await write;
    });

    private static async Task<bool> WriteFailsAsync(Stream stream)
    {
        try
        {
            await stream.WriteAsync(new byte[16]);
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    private static async Task<bool> FailsAsync(Func<ValueTask<int>> read)
    {
        try
        {
            await read();
            return false;
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            return true;
        }
    }
}
