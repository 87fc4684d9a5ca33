using Airlock.Core;
using Airlock.Tests.Harness;

namespace Airlock.Tests.Gates;

public sealed class GateBoardTests
{
    [Fact]
    public void A_gate_is_declared_once_and_reported_by_its_name()
    {
        var board = new GateBoard();
        board.Declare("a", required: true);
        board.Declare("b", required: false);
        Assert.Equal(new GateStatus(1, 2), board.Status);
        Assert.Throws<ArgumentException>(() => board.Declare("a", required: true));
        Assert.Throws<ArgumentException>(() => board.Declare("", required: true));
        Assert.Throws<ArgumentOutOfRangeException>(() => board.Declare(new string('x', 129), required: true));
        Assert.Throws<ArgumentException>(() => board.Report("c", GateState.Open));
        board.Report("a", GateState.Degraded, TimeSpan.FromSeconds(1));
        board.Report("b", GateState.Open);
        Assert.Equal(new GateStatus(0, 1), board.Status);
        Assert.Equal(new GateReport("a", true, GateState.Degraded, TimeSpan.FromSeconds(1)), board.Gates[0]);
        for (var i = 2; i < 64; i++)
        {
            board.Declare($"{i}", required: false);
        }

        var full = Assert.Throws<InvalidOperationException>(() => board.Declare("one too many", required: false)).Message;
        Assert.Contains("64 gates already", full, StringComparison.Ordinal);
        Assert.Contains("Take the tag 'gate' off", full, StringComparison.Ordinal);
        // The last one has a bit of its own, too.
        Assert.Equal(1UL, board.Status.OptionalDown >> 63);
        board.Report("63", GateState.Open);
        Assert.Equal(0UL, board.Status.OptionalDown >> 63);

        var named = new GateBoard();
        named.Declare(new string('x', 128), required: true);
        Assert.Contains("'a' is declared already", Assert.Throws<ArgumentException>("name", () =>
        {
            named.Declare("a", required: true);
            named.Declare("a", required: false);
        }).Message, StringComparison.Ordinal);
        Assert.Contains("'c' was declared", Assert.Throws<ArgumentException>("name", () => named.Report("c", GateState.Open)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Watchers_are_told_of_changes_only()
    {
        var board = new GateBoard();
        board.Declare("a", required: true);
        var told = 0;
        void Watcher() => told++;
        board.Watch(Watcher);
        board.Watch(Watcher);
        board.Report("a", GateState.Waiting, TimeSpan.FromSeconds(1));
        Assert.Equal(0, told);
        board.Report("a", GateState.Open);
        Assert.Equal(1, told);
        board.Unwatch(Watcher);
        board.Report("a", GateState.Failed);
        Assert.Equal(1, told);
        Assert.Equal(0, board.WatcherCount);
    }

    [Fact]
    public async Task Waiting_ends_when_every_required_gate_is_passable()
    {
        var board = new GateBoard();
        board.Declare("a", required: true);
        board.Declare("b", required: true);
        board.Declare("c", required: false);
        using var given = new CancellationTokenSource();
        var cancelled = board.RequiredOpenAsync(given.Token);
        var open = board.RequiredOpenAsync(TestContext.Current.CancellationToken);
        board.Report("a", GateState.Open);
        Assert.False(open.IsCompleted);
        await given.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        board.Report("b", GateState.Degraded);
        await open.WaitAsync(TestServer.Patience, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_flapping_gate_ends_where_it_is()
    {
        // Reports come from two threads at once; whatever the order, the connection ends in the state of the last.
        using var stage = await Stage.AtAsync(ConnectionState.ProcessingReady);
        var gates = stage.Server.Server.Gates;
        for (var round = 0; round < 200; round++)
        {
            await Task.WhenAll(
                Task.Run(() => gates.Report("agent", GateState.Failed), TestContext.Current.CancellationToken),
                Task.Run(() => gates.Report("agent", GateState.Open), TestContext.Current.CancellationToken),
                Task.Run(() => gates.Report("extra", round % 2 == 0 ? GateState.Waiting : GateState.Open), TestContext.Current.CancellationToken));
            Assert.Equal(gates.Status.AllOpen ? ConnectionState.ProcessingReady : ConnectionState.Degraded, stage.Server.Server.StateOf(stage.Peer.Id));
        }

        gates.Report("agent", GateState.Open);
        gates.Report("extra", GateState.Open);
        var told = new Dictionary<string, string>();
        await stage.Peer.DataAsync(1, "1");
        Frame frame;
        while ((frame = await stage.Peer.NextAsync()).Type != FrameType.Data)
        {
            if (frame.Body is GateFrame gate)
            {
                Assert.NotEqual(gate.State, told.GetValueOrDefault(gate.Name, "open"));
                told[gate.Name] = gate.State;
            }
        }

        Assert.All(told.Values, state => Assert.Equal("open", state));
    }

    [Fact]
    public async Task A_required_gate_that_is_down_holds_turns_and_says_so()
    {
        using var stage = await Stage.AtAsync(ConnectionState.ProcessingReady);
        stage.Server.Server.Gates.Report("agent", GateState.Failed, TimeSpan.FromSeconds(2));
        var gate = (GateFrame)(await stage.Peer.NextAsync(FrameType.Gate)).Body!;
        Assert.Equal(("failed", null, 2000L), (gate.State, gate.Deadline, gate.RetryAfter));
        Assert.Equal(ConnectionState.Degraded, stage.Server.Server.StateOf(stage.Peer.Id));
        await stage.Peer.DataAsync(1, "1");
        var ack = await stage.Peer.NextAsync(FrameType.Ack);
        Assert.Equal((1L, 0L), (ack.Acked!.Value, ack.Done!.Value));
        // A stop ends a turn that waits for the gate.
        await stage.Peer.StopAsync(1);
        var end = await stage.Peer.AfterAcksAsync(FrameType.End);
        Assert.True(end.Stopped);
        await stage.Peer.DataAsync(2, "2");
        stage.Server.Server.Gates.Report("agent", GateState.Open);
        Assert.Equal("2", TestPeer.TextOf(await NextDataAsync(stage.Peer)));
        Assert.Equal(ConnectionState.ProcessingReady, stage.Server.Server.StateOf(stage.Peer.Id));
    }

    private static async Task<Frame> NextDataAsync(TestPeer peer)
    {
        Frame frame;
        do
        {
            frame = await peer.NextAsync();
        }
        while (frame.Type != FrameType.Data);
        return frame;
    }

    [Fact]
    public void A_wait_for_gates_goes_on_in_the_context_it_began_in()
    {
        var board = new GateBoard();
        board.Declare("database", required: true);
        var (outer, context) = (SynchronizationContext.Current, new Inbox());
        SynchronizationContext.SetSynchronizationContext(context);
        try
        {
            var waiting = board.RequiredOpenAsync(TestContext.Current.CancellationToken);
            board.Report("database", GateState.Open);
            // At once and from here: nothing goes by way of the thread pool.
            var (callback, state) = Assert.Single(context.Posted);
            callback(state);
            Assert.True(waiting.IsCompletedSuccessfully);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(outer);
        }
    }

    private sealed class Inbox : SynchronizationContext
    {
        public List<(SendOrPostCallback Callback, object? State)> Posted { get; } = [];

        public override void Post(SendOrPostCallback d, object? state) => Posted.Add((d, state));
    }
}
