using System.Collections.Concurrent;
using System.Diagnostics;
using Airlock.Core;
using Airlock.Tests.Harness;

namespace Airlock.Tests.Telemetry;

public sealed class SpansTests : IDisposable
{
    private const string Trace = "0af7651916cd43dd8448eb211c80319c";
    private const string Parent = "b7ad6b7169203331";
    private const string TraceParent = $"00-{Trace}-{Parent}-01";

    // A listener hears every server of the process, and equal seeds make equal ids: each of these has one of its own.
    private static int _seed = 770_000;

    private readonly ConcurrentQueue<Activity> _ended = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _awaited = new();
    private readonly ActivityListener _listener;

    public SpansTests()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == AirlockTelemetry.ActivitySourceName,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span =>
            {
                _ended.Enqueue(span);
                if (span.GetTagItem("airlock.message") is string id)
                {
                    Ended(id).TrySetResult();
                }
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public void Dispose() => _listener.Dispose();

    [Fact]
    public async Task The_start_is_one_span_with_a_child_for_each_phase_below_what_the_client_was_doing()
    {
        using var server = new TestServer(seed: Interlocked.Increment(ref _seed));
        server.Server.Gates.Declare("agent", required: true);
        using var request = new Activity("request").Start();
        var peer = await server.OpenAsync();
        request.Stop();
        server.Time.Advance(TimeSpan.FromSeconds(2));
        await peer.HelloAsync(TestPeer.Hello() with { TraceParent = TraceParent });
        await peer.NextAsync(FrameType.Authed);
        await peer.NextAsync(FrameType.Gate);
        server.Time.Advance(TimeSpan.FromSeconds(3));
        server.Server.Gates.Report("agent", GateState.Open);
        await peer.NextAsync(FrameType.Gate);
        await peer.NextAsync(FrameType.Ready);

        var connect = Assert.Single(Of(peer, "airlock.connect"));
        Assert.Equal((Trace, Parent), (connect.TraceId.ToHexString(), connect.ParentSpanId.ToHexString()));
        Assert.Equal((server.Time.Start.UtcDateTime, TimeSpan.FromSeconds(5)), (connect.StartTimeUtc, connect.Duration));
        Assert.Equal(request.Context, Assert.Single(connect.Links).Context);
        Assert.Equal("/chat", connect.GetTagItem("airlock.endpoint"));
        var tick = TimeSpan.FromTicks(1);
        Assert.Equal(
            [("airlock.connecting", tick), ("airlock.accepted", TimeSpan.FromSeconds(2)), ("airlock.authenticated", TimeSpan.FromSeconds(3)), ("airlock.services_ready", tick)],
            _ended.Where(span => span.ParentSpanId == connect.SpanId).Select(span => (span.OperationName, span.Duration)));

        server.Time.Advance(TimeSpan.FromSeconds(4));
        await server.Server.Sessions.DisconnectAsync(SessionTarget.OfUser("test", "alice"), TestContext.Current.CancellationToken);
        await peer.ExpectClosingAsync(CloseReason.Disconnected, resumes: true);
        var closing = Assert.Single(Of(peer, "airlock.closing"));
        Assert.Equal((connect.SpanId, "disconnected", 4204), (closing.ParentSpanId, closing.GetTagItem("airlock.cause"), closing.GetTagItem("airlock.code")));
        Assert.Equal(server.Time.Start.UtcDateTime.AddSeconds(9), closing.StartTimeUtc);
    }

    [Fact]
    public async Task A_start_that_fails_is_told_with_its_cause_and_as_an_error_if_it_is_ours()
    {
        HeldStore? store = null;
        using var server = new TestServer(wrapStore: inner => store = new HeldStore(inner), seed: Interlocked.Increment(ref _seed)) { Expects = [typeof(IOException)] };
        var malformed = await server.OpenAsync();
        await malformed.SendAsync("{}");
        await malformed.ExpectClosingAsync(CloseReason.MalformedFrame);
        store!.Attaching = Task.FromException(new IOException("The store is down."));
        var failed = await server.OpenAsync();
        await failed.HelloAsync(TestPeer.Hello() with { TraceParent = "nonsense" });
        await failed.ExpectClosingAsync(CloseReason.StoreUnavailable);
        var (theirs, ours) = (Assert.Single(Of(malformed, "airlock.connect")), Assert.Single(Of(failed, "airlock.connect")));
        Assert.Equal(("malformed_frame", ActivityStatusCode.Unset), (theirs.GetTagItem("airlock.cause"), theirs.Status));
        Assert.Equal(("store_unavailable", ActivityStatusCode.Error), (ours.GetTagItem("airlock.cause"), ours.Status));
        Assert.Equal(default, ours.ParentSpanId);
    }

    [Fact]
    public async Task A_turn_is_a_child_of_what_its_message_was_sent_for_also_when_it_was_held_and_the_handlers_spans_are_its_children()
    {
        var inside = new ConcurrentQueue<(long Sequence, int Try, Activity? Current)>();
        using var server = new TestServer(
            async (turn, _) =>
            {
                await Task.Yield();
                inside.Enqueue((turn.Sequence, turn.Try, Activity.Current));
                if (turn is { Sequence: 2, Try: 1 })
                {
                    throw new InvalidOperationException("broken");
                }
            },
            new EndpointOptions { TryDelay = TimeSpan.Zero })
        { Expects = [typeof(InvalidOperationException)] };
        server.Server.Gates.Declare("agent", required: true);
        var ids = Enumerable.Range(0, 4).Select(_ => Guid.NewGuid().ToString("N")).ToArray();
        var peer = await server.OpenAsync();
        await peer.HelloAsync();
        await peer.NextAsync(FrameType.Authed);
        await peer.DataAsync(1, "1", ids[1], traceParent: TraceParent);
        server.Server.Gates.Report("agent", GateState.Open);
        await peer.UntilDoneAsync(1);
        await peer.DataAsync(2, "2", ids[2], traceParent: TraceParent);
        // The same message from elsewhere is the same message.
        await peer.DataAsync(2, "2", ids[2], traceParent: $"00-{Trace}-{Parent}-00");
        await peer.DataAsync(3, "3", ids[3]);
        await peer.UntilDoneAsync(3);
        await Task.WhenAll(ids[1..].Select(id => Ended(id).Task)).WaitAsync(TestServer.Patience, TestContext.Current.CancellationToken);

        var turns = inside.Select(turn => (turn.Sequence, turn.Try, turn.Current!.TraceId.ToHexString() == Trace, turn.Current.ParentSpanId.ToHexString(), turn.Current.OperationName)).ToArray();
        const string None = "0000000000000000";
        Assert.Equal([(1, 1, true, Parent, "airlock.turn"), (2, 1, true, Parent, "airlock.turn"), (2, 2, true, Parent, "airlock.turn"), (3, 1, false, None, "airlock.turn")], turns);
        var tries = _ended.Where(span => span.GetTagItem("airlock.message") as string == ids[2]).Select(span => (span.GetTagItem("airlock.try"), span.GetTagItem("airlock.outcome"), span.Status));
        Assert.Equal([(1, "retried", ActivityStatusCode.Error), (2, "finished", ActivityStatusCode.Unset)], tries);
    }

    private TaskCompletionSource Ended(string message) => _awaited.GetOrAdd(message, static _ => new(TaskCreationOptions.RunContinuationsAsynchronously));

    private IEnumerable<Activity> Of(TestPeer peer, string name) => _ended.Where(span => span.OperationName == name && span.GetTagItem("airlock.connection") as string == peer.Id);
}
