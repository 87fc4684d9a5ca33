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
    public async Task Told_waits_for_a_peer_that_did_not_read_and_does_again()
    {
        using var server = new TestServer(static async (turn, _) => await turn.SendRawAsync(System.Text.Encoding.UTF8.GetBytes($"\"{new string('x', 4000)}\"")));
        var peer = server.Connect(capacity: 1000, reads: false);
        await peer.HelloAsync();
        await peer.DataAsync(1, "1");
        await server.Log.WaitForAsync("WriteBlocked");
        Assert.True(server.Server.ToldAsync().IsCompleted);
        peer.StartReading();
        await peer.UntilDoneAsync(1);
        await server.Log.WaitForAsync("WriteUnblocked");
        // Not told to close yet; but it would hear it.
        var told = server.Server.ToldAsync();
        Assert.False(told.IsCompleted);
        _ = server.Server.DrainAsync(TimeSpan.Zero, TimeSpan.Zero);
        await told.WaitAsync(TestServer.Patience, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Rest_is_when_every_message_is_done_and_every_answer_acknowledged()
    {
        var go = new SemaphoreSlim(0);
        using var server = new TestServer(async (turn, stop) =>
        {
            await go.WaitAsync(stop);
            if (turn.Sequence == 1)
            {
                await turn.SendRawAsync(turn.Message);
            }
        });
        await RestAsync();
        var peer = await server.ReadyAsync();
        await server.OpenAsync();
        // Nothing is under way, and who has no session yet has nothing.
        await RestAsync();
        await peer.DataAsync(1, "1");
        await peer.NextAsync(FrameType.Ack);
        var resting = server.Server.RestAsync();
        go.Release();
        var answers = await peer.UntilDoneAsync(1);
        Assert.False(resting.IsCompleted);
        await peer.AckAsync(answers.Max(static frame => frame.Sequence));
        await resting.WaitAsync(TestServer.Patience, TestContext.Current.CancellationToken);
        // A message without an answer: its end is all there is to wait for.
        await peer.DataAsync(2, "2");
        await peer.NextAsync(FrameType.Ack);
        resting = server.Server.RestAsync();
        Assert.False(resting.IsCompleted);
        go.Release();
        await resting.WaitAsync(TestServer.Patience, TestContext.Current.CancellationToken);
        // Whoever goes is not waited for, whatever is under way.
        await peer.DataAsync(3, "3");
        while ((await peer.NextAsync()).Acked != 3)
        {
            // That the second is done comes before.
        }

        resting = server.Server.RestAsync();
        Assert.False(resting.IsCompleted);
        peer.Stream.Cut();
        await resting.WaitAsync(TestServer.Patience, TestContext.Current.CancellationToken);

        Task RestAsync() => server.Server.RestAsync().WaitAsync(TestServer.Patience, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Disposing_stops_what_runs_and_gives_back_the_clocks_timers()
    {
        var time = new CountingTime();
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var server = new AirlockServer(time);
        var endpoint = server.AddEndpoint("/", new EndpointOptions(), static (_, _, _, _) => new(AuthenticationOutcome.Accept(TestServer.UserOf(null))), async (_, stop) =>
        {
            using var stopping = stop.UnsafeRegister(_ => stopped.TrySetResult(), null);
            await stopped.Task;
        });
        var (client, stream) = LinkStream.Pair(1 << 20);
        var running = endpoint.RunAsync(new ConnectionRequest { Upgrade = new TestUpgrade(stream), SubProtocol = Protocol.Name });
        var peer = new TestPeer(client, new TestUpgrade(stream), reads: true) { Running = running };
        await peer.HelloAsync();
        await peer.DataAsync(1, "1");
        await peer.NextAsync(FrameType.Open);
        await peer.NextAsync(FrameType.Authed);
        await peer.NextAsync(FrameType.Ready);
        await peer.NextAsync(FrameType.Ack);
        Assert.True(time.Timers > 0);
        server.Dispose();
        await stopped.Task.WaitAsync(TestServer.Patience, TestContext.Current.CancellationToken);
        peer.Stream.Cut();
        await peer.EndedAsync();
        Assert.Equal(0, time.Timers);
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

    [Fact]
    public void Each_endpoint_has_a_name_of_its_own_and_what_is_missing_is_named()
    {
        using var server = new AirlockServer();
        Authenticate authenticate = static (_, _, _, _) => new(AuthenticationOutcome.Accept(TestServer.UserOf(null)));
        server.AddEndpoint("/chat", new EndpointOptions(), authenticate, TestServer.EchoAsync);
        var twice = Assert.Throws<ArgumentException>("name", () => server.AddEndpoint("/chat", new EndpointOptions(), authenticate, TestServer.EchoAsync)).Message;
        Assert.Contains("'/chat' already", twice, StringComparison.Ordinal);
        Assert.Contains("give each a path of its own", twice, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>("name", () => server.AddEndpoint("", new EndpointOptions(), authenticate, TestServer.EchoAsync));
        Assert.Throws<ArgumentNullException>("options", () => server.AddEndpoint("/a", null!, authenticate, TestServer.EchoAsync));
        Assert.Throws<ArgumentNullException>("authenticate", () => server.AddEndpoint("/a", new EndpointOptions(), null!, TestServer.EchoAsync));
        Assert.Throws<ArgumentNullException>("handler", () => server.AddEndpoint("/a", new EndpointOptions(), authenticate, null!));
        foreach (var turnsMax in new int?[] { null, 1, 1_000_000 })
        {
            new AirlockServer(turnsMax: turnsMax).Dispose();
        }

        foreach (var turnsMax in new[] { 0, 1_000_001 })
        {
            Assert.Contains("From 1 to 1,000,000", Assert.Throws<ArgumentOutOfRangeException>(nameof(turnsMax), () => new AirlockServer(turnsMax: turnsMax)).Message, StringComparison.Ordinal);
        }
    }

    /// <summary>Counts the timers that are there.</summary>
    private sealed class CountingTime : TimeProvider
    {
        private int _timers;

        public int Timers => Volatile.Read(ref _timers);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Interlocked.Increment(ref _timers);
            return new Counted(base.CreateTimer(callback, state, dueTime, period), this);
        }

        private sealed class Counted(ITimer timer, CountingTime time) : ITimer
        {
            private int _disposed;

            public bool Change(TimeSpan dueTime, TimeSpan period) => timer.Change(dueTime, period);

            public void Dispose()
            {
                if (Interlocked.Exchange(ref _disposed, 1) == 0)
                {
                    Interlocked.Decrement(ref time._timers);
                }

                timer.Dispose();
            }

            public ValueTask DisposeAsync()
            {
                Dispose();
                return default;
            }
        }
    }

    private sealed class StuckEntropy : Entropy
    {
        public override void Fill(Span<byte> bytes) => bytes.Clear();
    }
}
