using System.Diagnostics.Metrics;
using Airlock.Core;
using Airlock.Tests.Harness;
using Microsoft.Extensions.Logging;

namespace Airlock.Tests.Telemetry;

public sealed class InstrumentsTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Connections_are_counted_by_state_and_leave_nothing_behind()
    {
        using var measures = new Measures();
        using var server = new TestServer(meters: measures);
        server.Server.Gates.Declare("agent", required: true);
        var accepting = new TaskCompletionSource();
        var connecting = server.Connect(accepting: accepting.Task);
        var accepted = await server.OpenAsync();
        var waiting = await server.OpenAsync();
        await waiting.HelloAsync();
        await waiting.NextAsync(FrameType.Authed);
        await waiting.NextAsync(FrameType.Gate);
        Assert.Equal(new Dictionary<string, double> { ["connections state=connecting"] = 1, ["connections state=accepted"] = 1, ["connections state=authenticated"] = 1, ["gate.state gate=agent required=True state=waiting"] = 1 }, measures.Collect());

        server.Server.Gates.Report("agent", GateState.Open);
        await waiting.NextAsync(FrameType.Gate);
        await waiting.NextAsync(FrameType.Ready);
        server.Server.Gates.Report("agent", GateState.Degraded);
        await waiting.NextAsync(FrameType.Gate);
        Assert.Equal(
            new Dictionary<string, double> { ["connections state=connecting"] = 1, ["connections state=accepted"] = 1, ["connections state=degraded"] = 1, ["sessions state=attached"] = 1, ["gate.state gate=agent required=True state=degraded"] = 1 },
            measures.Collect());

        accepting.SetResult();
        await connecting.NextAsync(FrameType.Open);
        foreach (var peer in new[] { connecting, accepted, waiting })
        {
            peer.Stream.Cut();
            await peer.EndedAsync();
        }

        Assert.Equal(new Dictionary<string, double> { ["sessions state=detached"] = 1, ["gate.state gate=agent required=True state=degraded"] = 1 }, measures.Collect());
        Assert.Equal(["1 cause=transport_lost code=1006 phase=degraded", "2 cause=transport_lost code=1006 phase=accepted"], measures.Counts("airlock.connection.closes"));
    }

    [Fact]
    public async Task Every_end_is_counted_once_with_its_cause_its_code_and_the_phase_it_began_in()
    {
        using var measures = new Measures();
        using var server = new TestServer(meters: measures);
        var refused = server.Connect(request => request with { Refuse = CloseReason.OriginRefused });
        await refused.EndedAsync();
        var told = server.Connect(request => request with { Refuse = CloseReason.OriginRefused, AcceptToRefuse = true });
        await told.NextAsync(FrameType.Open);
        await told.ExpectClosingAsync(CloseReason.OriginRefused);
        var silent = await server.OpenAsync();
        await silent.SendAsync("{}");
        await silent.ExpectClosingAsync(CloseReason.MalformedFrame);
        var leaving = await server.ReadyAsync();
        await leaving.ByeAsync();
        await leaving.ExpectClosingAsync(CloseReason.Bye);
        var closing = await server.ReadyAsync();
        await closing.CloseAsync(4900);
        await closing.EndedAsync();
        var first = await server.ReadyAsync();
        var second = await server.ReadyAsync(first.Resume(0));
        await first.ExpectClosingAsync(CloseReason.Superseded, resumes: true);
        var drained = server.Server.DrainAsync(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(1));
        await second.NextAsync(FrameType.Drain);
        Assert.Equal(1, measures.Collect()["draining"]);
        server.Time.Advance(TimeSpan.FromSeconds(11));
        await second.ExpectClosingAsync(CloseReason.Moved, resumes: true);
        await drained.WaitAsync(TestServer.Patience, Stop);

        Assert.Equal(
            [
                "1 cause=bye code=1000 phase=processing_ready",
                "1 cause=client_closed code=4900 phase=processing_ready",
                "1 cause=malformed_frame code=4000 phase=accepted",
                "1 cause=moved code=4202 phase=draining",
                "1 cause=origin_refused code=4027 phase=accepted",
                "1 cause=origin_refused code=4027 phase=connecting",
                "1 cause=superseded code=4031 phase=processing_ready",
            ],
            measures.Counts("airlock.connection.closes"));
        Assert.DoesNotContain(measures.Collect().Keys, static key => key.StartsWith("connections", StringComparison.Ordinal));
        Assert.Equal(7, measures.Of("airlock.connection.duration").Count);
        server.AssertNothingLeft();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_probe_is_answered_and_counted_as_nobodys_connection(bool isProbe)
    {
        using var measures = new Measures();
        using var server = new TestServer(meters: measures);
        var refused = server.Connect(request => request with { IsProbe = isProbe, Refuse = CloseReason.ProtocolUnsupported });
        await refused.EndedAsync();
        Assert.Equal(CloseReason.ProtocolUnsupported, refused.Upgrade.Refused!.Value.Reason);
        await server.Log.WaitForAsync(" ended: 4030 protocol_unsupported");
        var told = server.Connect(request => request with { IsProbe = isProbe, Refuse = CloseReason.ProtocolUnsupported, AcceptToRefuse = true });
        await told.NextAsync(FrameType.Open);
        await told.ExpectClosingAsync(CloseReason.ProtocolUnsupported);
        await told.EndedAsync();
        await server.Log.WaitForAsync(told.Id, " ended: 4030 protocol_unsupported");

        Assert.Equal(
            isProbe ? [] : ["1 cause=protocol_unsupported code=4030 phase=accepted", "1 cause=protocol_unsupported code=4030 phase=connecting"],
            measures.Counts("airlock.connection.closes"));
        Assert.DoesNotContain(measures.Collect().Keys, static key => key.StartsWith("connections", StringComparison.Ordinal));
        Assert.Equal(isProbe ? 0 : 2, measures.Of("airlock.connection.duration").Count);
        Assert.Equal(isProbe ? 0 : 2, server.Server.Observation.RecentCloses().Length);
        Assert.Equal(server.Server.Observation.OpenedCount, server.Server.Observation.ClosedCount);
        Assert.Equal(isProbe ? 0 : 2, server.Log.Lines.Count(static line => line.Level > LogLevel.Debug));
        server.AssertNothingLeft();
    }

    [Fact]
    public async Task Phases_are_measured_by_the_servers_clock()
    {
        using var measures = new Measures();
        using var server = new TestServer(meters: measures);
        server.Server.Gates.Declare("agent", required: true);
        var peer = await server.OpenAsync();
        server.Time.Advance(TimeSpan.FromSeconds(2));
        await peer.HelloAsync();
        await peer.NextAsync(FrameType.Authed);
        await peer.NextAsync(FrameType.Gate);
        server.Time.Advance(TimeSpan.FromSeconds(3));
        server.Server.Gates.Report("agent", GateState.Open);
        await peer.NextAsync(FrameType.Gate);
        await peer.NextAsync(FrameType.Ready);
        server.Time.Advance(TimeSpan.FromSeconds(4));
        await peer.CloseAsync(4900);
        await peer.EndedAsync();
        Assert.Equal(
            [(0, "phase=connecting outcome=passed"), (2, "phase=accepted outcome=passed"), (3, "phase=authenticated outcome=passed"), (0, "phase=services_ready outcome=passed"), (0, "phase=closing outcome=closed")],
            measures.Of("airlock.connection.phase.duration"));
        Assert.Equal([(5, "outcome=ready")], measures.Of("airlock.connection.setup.duration"));
        Assert.Equal([(9, "outcome=closed")], measures.Of("airlock.connection.duration"));
    }

    [Fact]
    public async Task What_is_held_is_counted_until_it_is_stored_or_its_connection_ends()
    {
        using var measures = new Measures();
        using var server = new TestServer(meters: measures);
        server.Server.Gates.Declare("agent", required: true);
        var patient = await server.OpenAsync();
        var lost = await server.OpenAsync();
        foreach (var peer in new[] { patient, lost })
        {
            await peer.HelloAsync();
            await peer.NextAsync(FrameType.Authed);
            await peer.DataAsync(1, "12345");
            await peer.DataAsync(2, "678", id: $"second-{peer.Id}");
        }

        await patient.SendAsync("""{"t":"data","s":3,"id":"x","b":1}""");
        // A frame that is answered: everything before it has been read.
        foreach (var peer in new[] { patient, lost })
        {
            await peer.SendAsync("""{"t":"refresh","token":"alice"}""");
            while ((await peer.NextAsync()).Type != FrameType.Authed)
            {
            }
        }

        Assert.Equal((5, 17), (measures.Collect()["held.messages"], measures.Collect()["held.size"]));
        lost.Stream.Cut();
        await lost.EndedAsync();
        Assert.Equal((3, 9), (measures.Collect()["held.messages"], measures.Collect()["held.size"]));
        server.Server.Gates.Report("agent", GateState.Open);
        await patient.UntilDoneAsync(3);
        Assert.DoesNotContain("held.messages", measures.Collect().Keys);
        Assert.DoesNotContain("held.size", measures.Collect().Keys);
    }

    [Fact]
    public async Task Attaches_are_counted_by_outcome()
    {
        using var measures = new Measures();
        HeldStore? held = null;
        using var server = new TestServer(meters: measures, wrapStore: store => held = new HeldStore(store)) { Expects = [typeof(IOException)] };
        var first = await server.ReadyAsync();
        var second = await server.ReadyAsync(first.Resume(0));
        var stale = await server.OpenAsync();
        await stale.HelloAsync(first.Resume(0, attempt: 1));
        await stale.ExpectClosingAsync(CloseReason.StaleAttempt, resumes: true);
        await server.ReadyAsync(new ResumeRequest { Session = "gone", Attempt = 1, Received = 0 });
        held!.Attaching = Task.FromException(new IOException("The store is down."));
        var failed = await server.OpenAsync();
        await failed.HelloAsync();
        await failed.ExpectClosingAsync(CloseReason.StoreUnavailable);
        Assert.NotNull(second.Ready);
        Assert.Equal(
            ["1 outcome=failed", "1 outcome=lost", "1 outcome=new", "1 outcome=refused", "1 outcome=resumed"],
            measures.Counts("airlock.session.attaches"));
    }

    [Fact]
    public async Task Turns_are_measured_by_outcome_and_by_the_tries_they_needed()
    {
        using var measures = new Measures();
        var begun = new TaskCompletionSource();
        using var server = new TestServer(
            async (turn, stop) =>
            {
                if (turn.Sequence == 1)
                {
                    begun.SetResult();
                    await Task.Delay(Timeout.Infinite, stop);
                }
                else if (turn.Sequence == 2 || turn.Try == 1)
                {
                    throw new InvalidOperationException("broken");
                }
            },
            new EndpointOptions { TriesMax = 2, TryDelay = TimeSpan.Zero, Session = new SessionLimits { Window = 4 } },
            meters: measures)
        { Expects = [typeof(InvalidOperationException)] };
        var peer = await server.ReadyAsync();
        await peer.DataAsync(1, "1");
        await begun.Task.WaitAsync(TestServer.Patience, Stop);
        Assert.Equal(1, measures.Collect()["turns.active"]);
        await peer.DataAsync(2, "2");
        await peer.DataAsync(3, "3");
        await StoredAsync(peer, 3).WaitAsync(TestServer.Patience, Stop);
        await peer.StopAsync(1);
        await peer.UntilDoneAsync(3);
        await measures.WaitForAsync("airlock.turn.duration", 5);
        Assert.Equal(["1 outcome=failed", "1 outcome=finished", "1 outcome=stopped", "2 outcome=retried"], measures.Counts("airlock.turn.duration"));
        Assert.Equal([(1, "outcome=stopped"), (2, "outcome=failed"), (2, "outcome=finished")], measures.Of("airlock.turn.tries"));
        Assert.Equal([0.25, 0.5, 0.5, 0.25, 0.25], measures.Of("airlock.session.window.use").Select(static r => r.Value));
        Assert.DoesNotContain("turns.active", measures.Collect().Keys);
    }

    private static async Task StoredAsync(TestPeer peer, long sequence)
    {
        while ((await peer.NextAsync()).Acked != sequence)
        {
        }
    }

    [Fact]
    public async Task A_peer_that_does_not_read_is_counted_as_blocked_until_it_reads_or_is_gone()
    {
        using var measures = new Measures();
        using var server = new TestServer(meters: measures);
        var peer = server.Connect(capacity: 64, reads: false);
        await server.Log.WaitForAsync("WriteBlocked: Accepted");
        Assert.Equal(1, measures.Collect()["connections.blocked"]);
        peer.StartReading();
        await peer.NextAsync(FrameType.Open);
        await server.Log.WaitForAsync("WriteUnblocked: Accepted");
        Assert.DoesNotContain("connections.blocked", measures.Collect().Keys);

        var dead = server.Connect(capacity: 64, reads: false);
        while (!measures.Collect().ContainsKey("connections.blocked"))
        {
            await Task.Yield();
        }

        dead.Stream.Cut();
        await dead.EndedAsync();
        Assert.DoesNotContain("connections.blocked", measures.Collect().Keys);
    }

    [Fact]
    public async Task A_collection_that_hangs_holds_up_no_connection_and_a_connection_that_hangs_holds_up_no_collection()
    {
        using var measures = new Measures();
        using var server = new TestServer(meters: measures);
        using var collecting = new SemaphoreSlim(0);
        using var goOn = new ManualResetEventSlim();
        measures.Observing = () =>
        {
            collecting.Release();
            goOn.Wait(TestServer.Patience);
        };
        var collection = Task.Run(measures.Collect, Stop);
        Assert.True(await collecting.WaitAsync(TestServer.Patience, Stop));
        var peer = await server.ReadyAsync();
        await peer.DataAsync(1, "1");
        await peer.UntilDoneAsync(1);
        Assert.False(collection.IsCompleted);
        measures.Observing = null;
        goOn.Set();
        await collection.WaitAsync(TestServer.Patience, Stop);

        // Inside a transition, under whatever the driver holds there.
        using var inside = new SemaphoreSlim(0);
        using var release = new ManualResetEventSlim();
        server.Log.Throws = text =>
        {
            if (text.Contains("CloseReceived", StringComparison.Ordinal))
            {
                inside.Release();
                release.Wait(TestServer.Patience);
            }

            return false;
        };
        await peer.CloseAsync(4900);
        Assert.True(await inside.WaitAsync(TestServer.Patience, Stop));
        Assert.Equal(1, (await Task.Run(measures.Collect, Stop).WaitAsync(TestServer.Patience, Stop))["connections state=closing"]);
        release.Set();
        await peer.EndedAsync();
    }

    [Fact]
    public async Task Who_listens_and_throws_costs_no_connection_and_no_turn()
    {
        using var measures = new Measures(listens: false);
        using var server = new TestServer(meters: measures);
        var told = 0;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Scope == measures && !instrument.IsObservable)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((_, _, _, _) => Throw());
        listener.SetMeasurementEventCallback<int>((_, _, _, _) => Throw());
        listener.Start();
        var peer = await server.ReadyAsync();
        await peer.DataAsync(1, "1");
        await peer.UntilDoneAsync(1);
        await peer.CloseAsync();
        await peer.EndedAsync();
        Assert.InRange(Volatile.Read(ref told), 5, int.MaxValue);

        void Throw()
        {
            Interlocked.Increment(ref told);
            throw new InvalidOperationException("Whoever listens fails.");
        }
    }

    [Fact]
    public void Nothing_is_allocated_when_nobody_listens()
    {
        using var measures = new Measures(listens: false);
        using var server = new TestServer(meters: measures);
        var metrics = server.Endpoint.Scope.Metrics!;
        // What telling allocates it allocates every time; the runtime allocates for itself on this thread now and then.
        var least = long.MaxValue;
        for (var round = 0; round < 100; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            Tell();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
        Assert.False(metrics.WatchesTurns);

        void Tell()
        {
            metrics.Enter();
            metrics.Move(ConnectionState.Connecting, ConnectionState.Accepted);
            metrics.Passed(ConnectionState.Connecting, ConnectionState.Accepted, 1);
            metrics.SetUp(ConnectionState.Closing, 1);
            metrics.CountBlocked(1);
            metrics.CountHeld(1, 1);
            metrics.CountBlocked(-1);
            metrics.CountHeld(-1, -1);
            metrics.Move(ConnectionState.Accepted, ConnectionState.Closed);
            metrics.Closed(CloseReason.Bye, 1000, ConnectionState.Accepted, ConnectionState.Closed, 1);
        }
    }

    [Fact]
    public void Instruments_have_names_units_and_words_and_histograms_have_buckets_of_their_own()
    {
        using var measures = new Measures(listens: false);
        using var server = new TestServer(meters: measures);
        Assert.NotEmpty(measures.Instruments);
        foreach (var instrument in measures.Instruments.Values)
        {
            Assert.Matches("^airlock(\\.[a-z]+)+$", instrument.Name);
            Assert.NotEmpty(instrument.Description!);
            Assert.Equal(AirlockTelemetry.MeterName, instrument.Meter.Name);
            if (instrument is Histogram<double> seconds)
            {
                Assert.NotEmpty(seconds.Advice!.HistogramBucketBoundaries!);
                Assert.Equal(instrument.Name.EndsWith(".duration", StringComparison.Ordinal) ? "s" : "1", instrument.Unit);
            }
        }
    }
}
