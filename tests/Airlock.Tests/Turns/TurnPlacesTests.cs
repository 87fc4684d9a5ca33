using Airlock.Core;
using Airlock.Tests.Harness;

namespace Airlock.Tests.Turns;

public sealed class TurnPlacesTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task As_many_turns_are_under_way_as_may_be_and_the_others_wait_visibly()
    {
        using var measures = new Measures();
        using var begun = new SemaphoreSlim(0);
        var goOn = new TaskCompletionSource();
        var most = 0;
        var now = 0;
        using var server = new TestServer(
            async (turn, _) =>
            {
                InterlockedMax(ref most, Interlocked.Increment(ref now));
                begun.Release();
                await goOn.Task;
                Interlocked.Decrement(ref now);
            },
            meters: measures,
            turnsMax: 2);
        var peers = new List<TestPeer>();
        for (var i = 0; i < 5; i++)
        {
            peers.Add(await server.ReadyAsync(user: $"user{i}"));
            await peers[i].DataAsync(1, "1", id: $"m{i}");
            // Stored and told so, whether it waits or not.
            Assert.Equal(1, (await peers[i].NextAsync(FrameType.Ack)).Acked);
        }

        await begun.WaitAsync(Stop);
        await begun.WaitAsync(Stop);
        await UntilAsync(() => server.Server.Observation.WaitingTurns == 3);
        Assert.Equal((3, 5), (measures.Collect()["turns.waiting"], measures.Collect()["turns.active"]));
        Assert.Equal((3, 2, 2), (server.Server.Observation.WaitingTurns, server.Server.Scope.TurnPlaces!.Taken, Volatile.Read(ref most)));
        goOn.SetResult();
        foreach (var peer in peers)
        {
            await peer.UntilDoneAsync(1);
        }

        Assert.Equal(2, most);
        AssertAllGiven(server);
        Assert.DoesNotContain("turns.waiting", measures.Collect().Keys);
    }

    [Fact]
    public async Task A_turn_that_waits_for_a_place_can_be_stopped_and_leaves_nothing()
    {
        var goOn = new TaskCompletionSource();
        var begun = new TaskCompletionSource();
        using var server = new TestServer(
            async (turn, _) =>
            {
                begun.TrySetResult();
                await goOn.Task;
            },
            turnsMax: 1);
        var first = await server.ReadyAsync(user: "first");
        await first.DataAsync(1, "1");
        await begun.Task.WaitAsync(TestServer.Patience, Stop);
        var second = await server.ReadyAsync(user: "second");
        for (var i = 1; i <= 3; i++)
        {
            await second.DataAsync(i, "1");
            while ((await second.NextAsync()).Acked != i)
            {
            }

            await second.StopAsync(i);
            Assert.True((await second.AfterAcksAsync(FrameType.End)).Stopped);
            Assert.Equal((0, 1), (server.Server.Scope.TurnPlaces!.Waiting, server.Server.Scope.TurnPlaces.Taken));
        }

        goOn.SetResult();
        await first.UntilDoneAsync(1);
        AssertAllGiven(server);
    }

    [Fact]
    public async Task A_place_that_comes_to_a_wait_that_was_just_given_up_goes_to_the_next()
    {
        using var server = new TestServer();
        using var stop = new CancellationTokenSource();
        var places = new TurnPlaces(1);
        Assert.True(places.TryEnter());
        // What the first does once its wait is given up is held back: it still stands in the line.
        var held = new HeldContext();
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(held);
        var first = places.EnterAsync(server.Endpoint, stop.Token);
        SynchronizationContext.SetSynchronizationContext(context);
        var second = places.EnterAsync(server.Endpoint, Stop);
        await stop.CancelAsync();
        places.Leave();
        await second.WaitAsync(TestServer.Patience, Stop);
        await held.RunAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.Equal((1, 0), (places.Taken, places.Waiting));
        places.Leave();
        Assert.Equal((0, 0), (places.Taken, places.Waiting));
    }

    [Theory]
    [InlineData("throws")]
    [InlineData("throws at once")]
    [InlineData("is stopped")]
    [InlineData("gives null")]
    [InlineData("succeeds")]
    public async Task A_place_is_given_back_however_a_turn_ends(string how)
    {
        using var server = new TestServer(
            (turn, stop) => turn.Sequence == 2 ? TestServer.EchoAsync(turn, stop) : how switch
            {
                "throws at once" => throw new InvalidOperationException("broken"),
                "gives null" => null!,
                "is stopped" => Task.Delay(Timeout.Infinite, stop),
                "throws" => ThrowAsync(),
                _ => Task.CompletedTask,
            },
            new EndpointOptions { TriesMax = 2, TryDelay = TimeSpan.Zero },
            turnsMax: 1)
        { Expects = [typeof(InvalidOperationException)] };
        var peer = await server.ReadyAsync();
        await peer.DataAsync(1, "1");
        if (how == "is stopped")
        {
            while ((await peer.NextAsync()).Acked != 1)
            {
            }

            await peer.StopAsync(1);
        }

        await peer.UntilDoneAsync(1);
        await peer.DataAsync(2, "2");
        await peer.UntilDoneAsync(2);
        AssertAllGiven(server);

        static async Task ThrowAsync()
        {
            await Task.Yield();
            throw new InvalidOperationException("broken");
        }
    }

    [Fact]
    public async Task A_turn_that_waits_for_a_gate_holds_no_place()
    {
        using var server = new TestServer(turnsMax: 1);
        server.Server.Gates.Declare("agent", required: true);
        server.Server.Gates.Report("agent", GateState.Open);
        var held = await server.ReadyAsync();
        server.Server.Gates.Report("agent", GateState.Failed);
        await held.DataAsync(1, "1");
        while ((await held.NextAsync()).Acked != 1)
        {
        }

        Assert.Equal((0, 0), (server.Server.Scope.TurnPlaces!.Taken, server.Server.Scope.TurnPlaces.Waiting));
        server.Server.Gates.Report("agent", GateState.Open);
        await held.UntilDoneAsync(1);
        AssertAllGiven(server);
    }

    [Fact]
    public async Task Endpoints_that_wait_take_turns()
    {
        using var server = new TestServer();
        var quiet = server.Server.AddEndpoint("/quiet", new EndpointOptions(), server.Authenticate, TestServer.EchoAsync);
        var places = new TurnPlaces(1);
        Assert.True(places.TryEnter());
        Assert.False(places.TryEnter());
        var busy = Enumerable.Range(0, 3).Select(_ => places.EnterAsync(server.Endpoint, Stop)).ToArray();
        var other = places.EnterAsync(quiet, Stop);
        foreach (var next in new[] { busy[0], other, busy[1], busy[2] })
        {
            Assert.False(next.IsCompleted);
            places.Leave();
            await next.WaitAsync(TestServer.Patience, Stop);
        }

        places.Leave();
        Assert.Equal((0, 0), (places.Taken, places.Waiting));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1_000_001)]
    public void A_limit_out_of_its_range_is_told(int max) =>
        Assert.Contains("From 1 to 1,000,000", Assert.Throws<ArgumentOutOfRangeException>(() => new AirlockServer(turnsMax: max)).Message);

    [Fact]
    public void A_wait_for_a_thread_is_measured_and_over_a_second_told_once_a_minute()
    {
        using var measures = new Measures();
        using var server = new TestServer(meters: measures);
        var clock = server.Server.Platform.Clock;
        foreach (var (pause, wait) in new[] { (0, 1.0), (0, 1.5), (10, 3.0), (50, 2.0) })
        {
            server.Time.Advance(TimeSpan.FromSeconds(pause));
            var askedAt = clock.Now;
            server.Time.Advance(TimeSpan.FromSeconds(wait));
            server.Endpoint.Scope.NoteThreadWait(askedAt);
        }

        Assert.Equal([1.0, 1.5, 3.0, 2.0], measures.Of("airlock.thread.wait.duration").Select(static r => r.Value));
        Assert.Equal(
            ["Work of /chat waited 00:00:01.5000000 for a thread", "Work of /chat waited 00:00:02 for a thread"],
            server.Log.Lines.Select(static l => l.Text).Where(static t => t.StartsWith("Work of", StringComparison.Ordinal)).Select(static t => t[..t.IndexOf(": handlers", StringComparison.Ordinal)]));
    }

    [Fact]
    public async Task A_run_of_turns_tells_how_long_it_waited_for_its_thread()
    {
        using var measures = new Measures();
        using var server = new TestServer(meters: measures);
        var peer = await server.ReadyAsync();
        Assert.Equal([0.0], measures.Of("airlock.thread.wait.duration").Select(static r => r.Value));
        await peer.DataAsync(1, "1");
        await peer.UntilDoneAsync(1);
        Assert.Equal([0.0, 0.0], measures.Of("airlock.thread.wait.duration").Select(static r => r.Value));
    }

    private static async Task UntilAsync(Func<bool> isSo)
    {
        using var patience = new CancellationTokenSource(TestServer.Patience);
        while (!isSo())
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private static void AssertAllGiven(TestServer server) => Assert.Equal((0, 0), (server.Server.Scope.TurnPlaces!.Taken, server.Server.Scope.TurnPlaces.Waiting));

    private sealed class HeldContext : SynchronizationContext
    {
        private readonly System.Threading.Channels.Channel<Action> _posts = System.Threading.Channels.Channel.CreateUnbounded<Action>();

        public override void Post(SendOrPostCallback d, object? state) => _posts.Writer.TryWrite(() => d(state));

        /// <summary>Runs what comes next.</summary>
        public async Task RunAsync() => (await _posts.Reader.ReadAsync(Stop).AsTask().WaitAsync(TestServer.Patience, Stop))();
    }

    private static void InterlockedMax(ref int most, int value)
    {
        int before;
        while ((before = Volatile.Read(ref most)) < value && Interlocked.CompareExchange(ref most, value, before) != before)
        {
        }
    }
}
