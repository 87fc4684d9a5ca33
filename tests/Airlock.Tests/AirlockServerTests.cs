using Airlock.Core;
using Airlock.Tests.Harness;

namespace Airlock.Tests;

public sealed class AirlockServerTests
{
    [Fact]
    public async Task Two_connections_that_got_the_same_id_do_not_disturb_each_other()
    {
        // An entropy that repeats itself: the second connection is our bug, and the first goes on.
        using var server = new AirlockServer(entropy: new StuckEntropy());
        var endpoint = server.AddEndpoint("/", new EndpointOptions(), static (_, _, _, _) => new(AuthenticationOutcome.Accept(TestServer.UserOf(null))), TestServer.EchoAsync);
        var hold = new TaskCompletionSource();
        var (_, stream) = LinkStream.Pair(1000);
        var first = endpoint.RunAsync(new ConnectionRequest { Upgrade = new TestUpgrade(stream) { Accepting = hold.Task } });
        var id = Assert.Single(server.Connections);
        await endpoint.RunAsync(new ConnectionRequest { Upgrade = new TestUpgrade(stream) }).WaitAsync(TestServer.Patience, TestContext.Current.CancellationToken);
        Assert.Equal(ConnectionState.Connecting, server.StateOf(id));
        hold.SetException(new IOException("gone"));
        await first.WaitAsync(TestServer.Patience, TestContext.Current.CancellationToken);
        Assert.Equal(0, server.ConnectionCount);
    }

    [Fact]
    public async Task A_drain_waits_for_the_last_connection()
    {
        using var server = new TestServer();
        var peer = await server.ReadyAsync();
        var other = await server.ReadyAsync();
        var drained = server.Server.DrainAsync(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(1));
        await peer.CloseAsync();
        await peer.EndedAsync();
        Assert.False(drained.IsCompleted);
        await other.CloseAsync();
        await drained.WaitAsync(TestServer.Patience, TestContext.Current.CancellationToken);
        await other.EndedAsync();
        server.AssertNothingLeft();
    }

    [Fact]
    public async Task Told_waits_until_each_close_is_with_its_transport()
    {
        using var server = new TestServer();
        var peer = await server.ReadyAsync();
        var gone = await server.ReadyAsync();
        _ = server.Server.DrainAsync(TimeSpan.FromSeconds(10), TimeSpan.Zero);
        var told = server.Server.ToldAsync();
        await gone.CloseAsync();
        await gone.EndedAsync();
        await peer.NextAsync(FrameType.Drain);
        // The other is gone; this one has not been told to close yet.
        Assert.False(server.Server.ToldAsync().IsCompleted);
        server.Time.Advance(TimeSpan.FromSeconds(10));
        await told.WaitAsync(TestServer.Patience, TestContext.Current.CancellationToken);
        Assert.True(server.Server.Abort(peer.Id));
        Assert.Equal("moved", ((ClosingFrame)(await peer.NextAsync(FrameType.Closing)).Body!).Cause);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(400)]
    public async Task Told_waits_for_no_peer_that_does_not_read(int capacity)
    {
        using var server = new TestServer();
        // The one does not even take the first frame; the other not the last.
        var deaf = server.Connect(capacity: capacity, reads: false);
        await deaf.Upgrade.AcceptAsked.Task.WaitAsync(TestServer.Patience, TestContext.Current.CancellationToken);
        _ = server.Server.DrainAsync(TimeSpan.FromSeconds(10), TimeSpan.Zero);
        await server.Server.ToldAsync().WaitAsync(TestServer.Patience, TestContext.Current.CancellationToken);
        Assert.Equal(1, server.Server.ConnectionCount);
        server.Server.Abort(Assert.Single(server.Server.Connections));
        await deaf.EndedAsync();
    }

    [Fact]
    public async Task A_turn_may_outlive_the_server()
    {
        var go = new TaskCompletionSource();
        var server = new TestServer(async (_, _) => await go.Task);
        var peer = await server.ReadyAsync();
        await peer.DataAsync(1, "1");
        await peer.NextAsync(FrameType.Ack);
        server.Dispose();
        server.Dispose();
        go.SetResult();
        await peer.UntilDoneAsync(1);
        Assert.DoesNotContain(server.Log.Lines, line => line.Level >= Microsoft.Extensions.Logging.LogLevel.Error);
    }

    [Fact]
    public void Options_out_of_range_are_refused_by_name()
    {
        using var server = new TestServer();
        void Add(EndpointOptions options) => server.Server.AddEndpoint("/x", options, server.Authenticate, TestServer.EchoAsync);
        Assert.Contains("TriesMax", Assert.Throws<ArgumentOutOfRangeException>(() => Add(new EndpointOptions { TriesMax = 0 })).Message, StringComparison.Ordinal);
        Add(new EndpointOptions());
    }

    private sealed class StuckEntropy : Entropy
    {
        public override void Fill(Span<byte> bytes) => bytes.Clear();
    }
}
