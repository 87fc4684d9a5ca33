using System.Net;
using System.Net.Sockets;
using Airlock.Lab.Wire;

namespace Airlock.Lab.Tests.Wire;

public sealed class FaultProxyTests
{
    private static readonly TimeSpan _patience = Patience.Max;
    private static readonly byte[] _bytes = [.. Enumerable.Range(0, 100_000).Select(static i => (byte)(i * 31))];

    [Fact]
    public async Task Without_a_fault_every_byte_passes_in_both_directions()
    {
        await using var way = await Way.OpenAsync(new FaultPlan { PieceBytesMax = 1000 });
        await way.Client.SendAsync(_bytes, Cancelled);
        way.Client.Shutdown(SocketShutdown.Send);
        Assert.Equal(_bytes, await Way.ReadToEndAsync(way.Server));
        await way.Server.SendAsync(_bytes, Cancelled);
        way.Server.Shutdown(SocketShutdown.Send);
        Assert.Equal(_bytes, await Way.ReadToEndAsync(way.Client));
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(777, true)]
    [InlineData(65_537, true)]
    [InlineData(1, false)]
    [InlineData(4096, false)]
    public async Task A_cut_passes_exactly_so_many_bytes_and_both_sides_see_the_end(int bytes, bool towardsClient)
    {
        await using var way = await Way.OpenAsync(new FaultPlan { Fault = FaultKind.Cut, AfterBytes = bytes, TowardsClient = towardsClient });
        var (sender, receiver) = towardsClient ? (way.Server, way.Client) : (way.Client, way.Server);
        var sending = sender.SendAsync(_bytes, Cancelled);
        Assert.Equal(_bytes[..bytes], await Way.ReadToEndAsync(receiver));
        Assert.Empty(await Way.ReadToEndAsync(sender));
        await Record.ExceptionAsync(async () => await sending);
    }

    [Fact]
    public async Task A_reset_is_a_reset_for_both_sides()
    {
        await using var way = await Way.OpenAsync(new FaultPlan { Fault = FaultKind.Reset, AfterBytes = 10 });
        await way.Server.SendAsync(_bytes.AsMemory(0, 10), Cancelled);
        foreach (var socket in new[] { way.Client, way.Server })
        {
            var error = await Assert.ThrowsAsync<SocketException>(() => Way.ReadToEndAsync(socket));
            Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
        }
    }

    [Fact]
    public async Task A_half_close_ends_one_direction_and_leaves_the_other()
    {
        await using var way = await Way.OpenAsync(new FaultPlan { Fault = FaultKind.HalfClose, AfterBytes = 50 });
        await way.Server.SendAsync(_bytes.AsMemory(0, 60), Cancelled);
        Assert.Equal(_bytes[..50], await Way.ReadToEndAsync(way.Client));
        await way.Client.SendAsync(_bytes, Cancelled);
        way.Client.Shutdown(SocketShutdown.Send);
        Assert.Equal(_bytes, await Way.ReadToEndAsync(way.Server));
    }

    [Fact]
    public async Task A_stall_passes_so_many_bytes_and_then_nothing_until_the_proxy_ends_it()
    {
        await using var way = await Way.OpenAsync(new FaultPlan { Fault = FaultKind.Stall, AfterBytes = 20 });
        await way.Server.SendAsync(_bytes.AsMemory(0, 40), Cancelled);
        Assert.Equal(20, await way.Struck);
        var reading = Way.ReadToEndAsync(way.Client);
        await way.Client.SendAsync(_bytes.AsMemory(0, 5), Cancelled);
        var buffer = new byte[5];
        Assert.Equal(5, await way.Server.ReceiveAsync(buffer, Cancelled).AsTask().WaitAsync(_patience, Cancelled));
        Assert.False(reading.IsCompleted);
        way.Proxy.EndAll(FaultKind.Cut);
        Assert.Equal(_bytes[..20], await reading);
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>A client and a server with the proxy between them.</summary>
    private sealed class Way : IAsyncDisposable
    {
        private readonly TaskCompletionSource<long> _struck = new(TaskCreationOptions.RunContinuationsAsynchronously);

        private Way(Func<Action<int, FaultKind>, FaultProxy> start, FaultPlan plan) => Proxy = start((_, _) => _struck.SetResult(plan.AfterBytes));

        public FaultProxy Proxy { get; }

        public Socket Client { get; } = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

        public Socket Server { get; private set; } = null!;

        public Task<long> Struck => _struck.Task.WaitAsync(_patience, Cancelled);

        public static async Task<Way> OpenAsync(FaultPlan plan)
        {
            using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            listener.Listen();
            var way = new Way(struck => new FaultProxy((IPEndPoint)listener.LocalEndPoint!, _ => plan, struck), plan);
            await way.Client.ConnectAsync(way.Proxy.Address, Cancelled);
            way.Server = await listener.AcceptAsync(Cancelled).AsTask().WaitAsync(_patience, Cancelled);
            return way;
        }

        public static async Task<byte[]> ReadToEndAsync(Socket socket)
        {
            var all = new List<byte>();
            var buffer = new byte[8192];
            while (await socket.ReceiveAsync(buffer, Cancelled).AsTask().WaitAsync(_patience, Cancelled) is > 0 and var length)
            {
                all.AddRange(buffer.AsSpan(0, length));
            }

            return [.. all];
        }

        public async ValueTask DisposeAsync()
        {
            Client.Dispose();
            Server.Dispose();
            await Proxy.DisposeAsync();
        }
    }
}
