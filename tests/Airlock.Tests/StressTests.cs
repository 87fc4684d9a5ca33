using System.Collections.Concurrent;
using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading.Channels;
using Airlock.Core;
using Airlock.Tests.Harness;

namespace Airlock.Tests;

/// <summary>Real threads over everything at once: what the single-threaded tests cannot see, inside locks, the mailbox and the writer's hand-over.</summary>
public sealed partial class StressTests
{
    private const int Clients = 24;
    private const int Messages = 150;

    [Fact]
    public async Task Nothing_is_lost_doubled_or_left_under_cuts_resumes_pushes_and_stops()
    {
        var seed = Environment.TickCount;
        TestContext.Current.TestOutputHelper!.WriteLine($"seed {seed}");
        var unobserved = new ConcurrentQueue<string>();
        void OnUnobserved(object? sender, UnobservedTaskExceptionEventArgs e)
        {
            if (OfTheDriver().IsMatch(e.Exception.ToString()))
            {
                unobserved.Enqueue(e.Exception.ToString());
            }
        }

        TaskScheduler.UnobservedTaskException += OnUnobserved;
        var turns = Channel.CreateUnbounded<int>();
        var handled = new ConcurrentDictionary<string, List<(long Sequence, int Try)>>();
        async Task HandleAsync(Turn turn, CancellationToken stop)
        {
            var tries = handled.GetOrAdd(turn.Principal.Subject, static _ => []);
            lock (tries)
            {
                tries.Add((turn.Sequence, turn.Try));
            }

            if (turn.Sequence % 10 == 0)
            {
                turns.Writer.TryWrite(0);
            }

            for (var i = 0; i < turn.Sequence % 4; i++)
            {
                await turn.StreamAsync(i);
                if (turn.Sequence % 3 == 0)
                {
                    await Task.Yield();
                    stop.ThrowIfCancellationRequested();
                }
            }

            if (turn.Sequence % 5 == 0 && turn.Try == 1)
            {
                throw new InvalidOperationException("The first try of every fifth fails.");
            }

            await turn.SendAsync(turn.As<long>());
        }

        using var measures = new Measures();
        using var server = new TestServer(
            HandleAsync,
            new EndpointOptions { TryDelay = TimeSpan.Zero, Session = new SessionLimits { Window = 16, OutboxEntriesMax = 40 }, ConnectionsPerUserMax = 10_000 },
            seed: seed,
            keepsDebug: false,
            meters: measures)
        { Expects = [typeof(InvalidOperationException)] };
        server.Server.Gates.Declare("flapping", required: true);
        server.Server.Gates.Report("flapping", GateState.Open);
        var clients = Enumerable.Range(0, Clients).Select(i => new StressClient(server, $"user{i}", new Random(seed + i), Messages)).ToArray();

        using var over = new CancellationTokenSource();
        var pushed = new int[Clients];
        var pushing = Task.Run(
            async () =>
            {
                while (!over.IsCancellationRequested)
                {
                    for (var i = 0; i < Clients; i++)
                    {
                        var outcome = await server.Server.Sessions.SendAsync(SessionTarget.OfUser("test", $"user{i}"), -(pushed[i] + 1), CancellationToken.None);
                        Assert.InRange(outcome.Sent + outcome.Full, 0, 1);
                        pushed[i] += outcome.Sent;
                    }

                    await Task.Yield();
                }
            },
            TestContext.Current.CancellationToken);
        var flapping = Task.Run(
            async () =>
            {
                // As often as every tenth turn: faster, and the clients would hear of little else.
                await foreach (var _ in turns.Reader.ReadAllAsync(CancellationToken.None))
                {
                    foreach (var state in new[] { GateState.Degraded, GateState.Failed, GateState.Open })
                    {
                        server.Server.Gates.Report("flapping", state);
                        await Task.Yield();
                    }
                }
            },
            TestContext.Current.CancellationToken);

        await Task.WhenAll(clients.Select(c => Task.Run(c.ChatAsync, TestContext.Current.CancellationToken))).WaitAsync(Patience.Max, TestContext.Current.CancellationToken);
        await over.CancelAsync();
        turns.Writer.Complete();
        await Task.WhenAll(pushing, flapping);
        await Task.WhenAll(clients.Select(c => Task.Run(c.CatchUpAsync, TestContext.Current.CancellationToken)));

        var drained = server.Server.DrainAsync(TimeSpan.FromSeconds(10), TimeSpan.Zero);
        await Task.WhenAll(clients.Select(c => c.LeaveAsync()));
        // Those left hanging never answer their close.
        server.Time.Advance(TimeSpan.FromSeconds(5));
        await drained.WaitAsync(TestServer.Patience, TestContext.Current.CancellationToken);
        await Task.WhenAll(clients.SelectMany(c => c.Connections).Select(c => c.WaitAsync(TestServer.Patience)));

        for (var i = 0; i < Clients; i++)
        {
            clients[i].AssertComplete(pushed[i]);
            var tries = handled[$"user{i}"];
            Assert.Equal(tries.Order(), tries);
            Assert.Equal(tries.Distinct(), tries);
        }

        server.AssertNothingLeft();
        server.Time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal((0, 0), (server.Store.Count, server.Store.Addresses.Count));
        Assert.Equal(new Dictionary<string, double> { ["gate.state gate=flapping required=True state=open"] = 1, ["draining"] = 1 }, measures.Collect());
        // Every connection has ended once, for a cause that the catalogue has.
        var closes = measures.Counts("airlock.connection.closes").Select(static close => close.Split(' ')).ToList();
        Assert.Equal(clients.Sum(c => c.Connections.Count), closes.Sum(static close => int.Parse(close[0], System.Globalization.CultureInfo.InvariantCulture)));
        Assert.Empty(closes.Select(static close => close[1]["cause=".Length..]).Except(CloseReason.All.Select(static reason => reason.Cause)));
        GC.Collect();
        GC.WaitForPendingFinalizers();
        TaskScheduler.UnobservedTaskException -= OnUnobserved;
        Assert.Empty(unobserved);
        TestContext.Current.TestOutputHelper!.WriteLine($"{clients.Sum(c => c.Connections.Count)} connections, {pushed.Sum()} pushes");
    }

    [Fact]
    public async Task Many_cycles_of_connecting_chatting_and_closing_leave_nothing()
    {
        const int Cycles = 2000;
        const int Users = 40;
        using var measures = new Measures();
        using var server = new TestServer(keepsDebug: false, meters: measures);
        async Task CycleAsync(int i)
        {
            var peer = await server.ReadyAsync(user: $"user{i % Users}");
            await peer.DataAsync(1, "1", id: $"id{i}");
            await peer.AfterAcksAsync(FrameType.Data);
            if (i % 3 == 0)
            {
                await peer.AckAsync(1);
                await peer.ByeAsync();
                await peer.Closed;
                await peer.CloseAsync();
            }
            else if (i % 3 == 1)
            {
                await peer.CloseAsync();
            }
            else
            {
                peer.Stream.Cut();
            }

            await peer.EndedAsync();
        }

        for (var i = 0; i < Cycles; i += 8)
        {
            await Task.WhenAll(Enumerable.Range(i, 8).Select(CycleAsync));
            server.Time.Advance(TimeSpan.FromMilliseconds(100));
        }

        server.AssertNothingLeft();
        Assert.DoesNotContain(measures.Collect().Keys, static key => !key.StartsWith("sessions", StringComparison.Ordinal));
        Assert.Equal(
            ["666 cause=transport_lost code=1006 phase=processing_ready", "667 cause=bye code=1000 phase=processing_ready", "667 cause=client_closed code=1000 phase=processing_ready"],
            measures.Counts("airlock.connection.closes"));
        Assert.InRange(server.Store.Count, 1, Users * 16);
        Assert.InRange(server.Server.Platform.Deadlines.Count, 0, 2049);
        server.Time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal((0, 0), (server.Store.Count, server.Store.Addresses.Count));
        Assert.Equal(0, server.Server.Platform.Deadlines.Count);
        Assert.Equal(Users, server.Store.UserCount);
        server.Time.Advance(TimeSpan.FromHours(1) + TimeSpan.FromSeconds(1));
        await CycleAsync(0);
        Assert.Equal(1, server.Store.UserCount);
    }

    [GeneratedRegex(@"   at Airlock\.(?!Tests)")]
    private static partial Regex OfTheDriver();

    /// <summary>A client that keeps the protocol and its connections badly.</summary>
    private sealed class StressClient(TestServer server, string user, Random random, int messages)
    {
        private readonly HashSet<long> _answered = [];
        private readonly Dictionary<(long Re, int Try), int> _open = [];
        private string? _session;
        private long _attempt = 1;
        private long _sent;
        private long _done;
        private long _received;
        private long _pushed;
        private TestPeer _peer = null!;

        public List<Task> Connections { get; } = [];

        public async Task ChatAsync()
        {
            while (_done < messages)
            {
                try
                {
                    await StayAsync(random.Next(1, 60));
                }
                catch (Exception e) when (e is ChannelClosedException or WebSocketException or IOException or ObjectDisposedException or OperationCanceledException)
                {
                    // Superseded or cut.
                }
                catch (TimeoutException)
                {
                    Assert.Fail(await DescribeAsync());
                }

                switch (random.Next(3))
                {
                    case 0:
                        _peer.Stream.Cut();
                        break;
                    case 1:
                        _ = CloseAsync(_peer);
                        break;
                    default:
                        // Left hanging: the next connection supersedes it.
                        break;
                }
            }
        }

        /// <summary>Reads whatever there is still to read.</summary>
        public async Task CatchUpAsync()
        {
            await ConnectAsync();
            while (_received < _peer.Ready.ReplayTo)
            {
                Take(await _peer.NextAsync());
            }
        }

        public async Task LeaveAsync()
        {
            Frame frame;
            while ((frame = await _peer.NextAsync()).Type != FrameType.Drain)
            {
                Assert.NotEqual(FrameType.Data, frame.Type);
            }

            await CloseAsync(_peer);
        }

        public void AssertComplete(int pushed)
        {
            Assert.Equal(pushed, _pushed);
            Assert.Equal(messages, _answered.Count);
            Assert.Empty(_open);
        }

        private async Task<string> DescribeAsync()
        {
            var log = (await server.Store.FindAsync(SessionTarget.OfUser("test", user), CancellationToken.None)).SingleOrDefault();
            var record = _peer.Open is null ? null : server.Server.RecordOf(_peer.Id);
            return $"{user} hangs: sent {_sent}, done {_done}, received {_received}; {log?.Positions}; {server.Server.Gates.Status}; "
                + string.Join(" · ", (record ?? []).Select(e => $"{e.Event} {e.From}→{e.To} {e.Refused} {e.Reason}"));
        }

        private static async Task CloseAsync(TestPeer peer)
        {
            try
            {
                await peer.CloseAsync();
            }
            catch (Exception e) when (e is WebSocketException or IOException or ObjectDisposedException or OperationCanceledException)
            {
                // It is closed already.
            }
        }

        private async Task ConnectAsync()
        {
            _peer = server.Connect(static request => request with { Address = "address" }, capacity: random.Next(2) == 0 ? 300 : 1 << 20);
            Connections.Add(_peer.Running);
            await _peer.NextAsync(FrameType.Open);
            await _peer.HelloAsync(_session is null ? null : new ResumeRequest { Session = _session, Attempt = ++_attempt, Received = _received }, user);
            while ((await _peer.NextAsync()).Type != FrameType.Ready)
            {
                // authed, and the gate.
            }

            Assert.Equal(_session is null ? "new" : "resumed", _peer.Ready.Resume);
            _session = _peer.Ready.Session;
            Assert.InRange(_peer.Ready.Done, _done, _sent);
            _done = _peer.Ready.Done;
            for (var s = _peer.Ready.Received + 1; s <= _sent; s++)
            {
                await SendAsync(s);
            }
        }

        private async Task StayAsync(int steps)
        {
            await ConnectAsync();
            for (; steps > 0 && _done < messages; steps--)
            {
                if (_sent < messages && _sent < _done + _peer.Ready.Window && random.Next(2) == 0)
                {
                    await SendAsync(++_sent);
                    if (random.Next(10) == 0)
                    {
                        await _peer.StopAsync(random.NextInt64(1, _sent + 1));
                    }
                }
                else if (_done < _sent)
                {
                    Take(await _peer.NextAsync());
                    await _peer.AckAsync(_received);
                }
            }
        }

        private Task SendAsync(long s) => _peer.DataAsync(s, s.ToString(CultureInfo.InvariantCulture), id: $"{user}-{s}");

        private void Take(Frame frame)
        {
            if (frame.Done is { } done)
            {
                Assert.True(done >= _done, "done went back");
                _done = done;
            }

            if (frame.Type is not (FrameType.Data or FrameType.End or FrameType.Void or FrameType.Nack))
            {
                return;
            }

            Assert.Equal(_received + 1, frame.Sequence);
            _received = frame.Sequence;
            var key = (frame.Re, frame.Try);
            switch (frame.Type)
            {
                case FrameType.Data when frame.Re == 0:
                    Assert.Equal(-(++_pushed), long.Parse(Encoding.UTF8.GetString(frame.Payload.Span), CultureInfo.InvariantCulture));
                    break;
                case FrameType.Data when frame.Provisional:
                    _open[key] = _open.GetValueOrDefault(key) + 1;
                    Assert.DoesNotContain(frame.Re, _answered);
                    break;
                case FrameType.Data:
                    Assert.Equal(frame.Re, long.Parse(Encoding.UTF8.GetString(frame.Payload.Span), CultureInfo.InvariantCulture));
                    Assert.True(_answered.Add(frame.Re), $"{frame.Re} was answered twice");
                    break;
                case FrameType.End:
                    Assert.True(_open.Remove(key) || frame.Stopped, "an end without anything to end");
                    Assert.True(!_answered.Add(frame.Re) || frame.Stopped, "an end without its reply");
                    break;
                case FrameType.Void:
                    Assert.True(_open.Remove(key), "a void without anything to withdraw");
                    Assert.DoesNotContain(frame.Re, _answered);
                    break;
                default:
                    Assert.Fail($"nack: {frame.Cause}");
                    break;
            }
        }
    }
}
