using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Airlock.Core;
using Microsoft.Extensions.Time.Testing;

namespace Airlock.Tests.Harness;

/// <summary>A server with one endpoint on fake time, whose every part a test can turn. When the test has ended, nothing may be left of it, and nothing may have failed that the test did not expect.</summary>
internal sealed class TestServer : IDisposable
{
    private readonly ConcurrentDictionary<TestPeer, byte> _requests = new();
    private readonly ConcurrentQueue<string> _broken = new();
    private readonly IMeterFactory _meters;
    private int _handling;

    /// <summary>How long a test waits for what must come. Only a failing test waits that long.</summary>
    public static readonly TimeSpan Patience = Airlock.Patience.Max;

    public TestServer(TurnHandler? handler = null, EndpointOptions? options = null, MemorySessionStoreOptions? storeOptions = null, Func<ISessionStore, ISessionStore>? wrapStore = null, int seed = 1, bool keepsDebug = true, IMeterFactory? meters = null, int? turnsMax = null)
    {
        Log = new TestLog(keepsDebug);
        // Measured also where nobody listens, as in every host: at the end the gauges are read.
        _meters = meters ?? new Unheard();
        // The test runner's context is not the one a host has: none.
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            var entropy = new SeededEntropy(seed);
            Store = new MemorySessionStore(Time, entropy, storeOptions ?? new MemorySessionStoreOptions());
            Server = new AirlockServer(Time, entropy, wrapStore is null ? Store : wrapStore(Store), Log, _meters, turnsMax: turnsMax);
            Endpoint = Server.AddEndpoint("/chat", options ?? new EndpointOptions(), (request, credentials, refresh, stop) => Authenticate(request, credentials, refresh, stop), Watch(handler ?? EchoAsync));
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }

        EndOfTestAttribute.Look(LookAsync, () =>
        {
            Dispose();
            (_meters as Unheard)?.Dispose();
            return ValueTask.CompletedTask;
        });
    }

    /// <summary>What may fail here: the types of the exceptions that handlers, authentication or a store throw. Any other that the server logs fails the test, so an assertion in a handler is no try that is simply repeated.</summary>
    public Type[] Expects { get; set; } = [];

    /// <summary>What may be left when the test has ended, as <see cref="LeftOvers"/> names it: for a test of exactly that.</summary>
    public string[] Leaves { get; set; } = [];

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public TestLog Log { get; }

    public MemorySessionStore Store { get; }

    public AirlockServer Server { get; }

    public Endpoint Endpoint { get; }

    /// <summary>Who comes in. A token is the user's name; without one it is alice.</summary>
    public Authenticate Authenticate { get; set; } = static (_, credentials, _, _) => new(AuthenticationOutcome.Accept(UserOf(credentials?.Token)));

    public static Principal UserOf(string? name) => new("test", name ?? "alice");

    /// <summary>Sends each message back.</summary>
    public static async Task EchoAsync(Turn turn, CancellationToken stop) => await turn.SendRawAsync(turn.Message);

    public void Dispose() => Server.Dispose();

    /// <summary>Connects without a word.</summary>
    public TestPeer Connect(Func<ConnectionRequest, ConnectionRequest>? change = null, int capacity = 1 << 20, bool reads = true, Task? accepting = null, bool isWatched = true)
    {
        var (client, server) = LinkStream.Pair(capacity);
        var upgrade = new TestUpgrade(server) { Accepting = accepting ?? Task.CompletedTask, IsWatched = isWatched };
        var request = new ConnectionRequest { Upgrade = upgrade, SubProtocol = Protocol.Name };
        request = change?.Invoke(request) ?? request;
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            var peer = new TestPeer(client, upgrade, reads) { Running = Endpoint.RunAsync(request) };
            _requests[peer] = 0;
            _ = NoteEndAsync(peer);
            return peer;
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    /// <summary>Connects and reads <c>open</c>.</summary>
    public async Task<TestPeer> OpenAsync(Func<ConnectionRequest, ConnectionRequest>? change = null, int capacity = 1 << 20)
    {
        var peer = Connect(change, capacity);
        await peer.NextAsync(FrameType.Open);
        return peer;
    }

    /// <summary>Connects and walks to <c>ready</c>.</summary>
    public async Task<TestPeer> ReadyAsync(ResumeRequest? resume = null, string? user = null, int capacity = 1 << 20)
    {
        var peer = await OpenAsync(capacity: capacity);
        await peer.HelloAsync(resume, user);
        await peer.NextAsync(FrameType.Authed);
        await peer.NextAsync(FrameType.Ready);
        await AtRestAsync(peer);
        return peer;
    }

    /// <summary>
    /// Waits until nobody is at a connection's mailbox. A frame is heard before the thread that sent it is through: where time passes in steps meanwhile, that thread is the one to
    /// find the deadlines due, once the machine lets it run.
    /// </summary>
    public async Task AtRestAsync(TestPeer peer)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (Server.Find(peer.Id) is { } connection && LeftOvers.IsAtMailbox(connection))
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Patience, "Somebody stays at the connection's mailbox.");
            await Task.Yield();
        }
    }

    /// <summary>Waits until the server has read all that a peer has sent.</summary>
    public static Task IsReadAsync(TestPeer peer) => peer.Stream.OutgoingReadAsync().WaitAsync(Patience);

    /// <summary>Asserts that nothing is left of any connection while the server goes on.</summary>
    public void AssertNothingLeft()
    {
        Assert.Empty(LeftOvers.OfConnections(Server, Endpoint));
        Assert.DoesNotContain(Log.Lines, line => line.Level >= Microsoft.Extensions.Logging.LogLevel.Error);
    }

    /// <summary>Ends what the test left open, each as a network or an operator would, and tells what does not go away by that.</summary>
    private async Task<IReadOnlyList<string>> LookAsync()
    {
        Server.Dispose();
        using var gauges = new Gauges(_meters);
        LeftOvers.CheckInvariants(Server, Store);
        var began = TimeProvider.System.GetTimestamp();
        string[] left;
        while ((left = [.. Left(gauges)]).Length > 0 && TimeProvider.System.GetElapsedTime(began) < Patience)
        {
            foreach (var peer in _requests.Keys)
            {
                peer.Stream.Cut();
            }

            foreach (var id in Server.Connections)
            {
                Server.Abort(id);
            }

            LeftOvers.EndSessions(Store);
            // A store that fails is asked again after a while; whatever else waits for its time gets it, too.
            Time.Advance(TimeSpan.FromSeconds(10));
            await Task.Delay(1);
        }

        var failed = Log.Lines.Where(line => line.Exception is { } e && !Expects.Any(type => type.IsInstanceOfType(e)));
        return [.. left.Select(static what => $"left over: {what}"), .. _broken, .. failed.Select(static line => $"not expected: {line.Text}: {line.Exception}")];
    }

    private IEnumerable<string> Left(Gauges gauges)
    {
        var left = LeftOvers.OfConnections(Server, Endpoint).Concat(LeftOvers.OfTurns(Server)).Concat(LeftOvers.OfSessions(Store)).Concat(gauges.NotZero());
        if (!_requests.IsEmpty)
        {
            left = left.Append($"requests {_requests.Count}");
        }

        if (Volatile.Read(ref _handling) is var handling && handling != 0)
        {
            left = left.Append($"handlers {handling}");
        }

        return left.Where(what => !Leaves.Any(may => what.StartsWith(may, StringComparison.Ordinal)));
    }

    /// <summary>Counts the calls of the handler that have not ended. What it returns is passed on as it is: whether a task is complete means something to who called.</summary>
    private TurnHandler Watch(TurnHandler handler) => (turn, stop) =>
    {
        Interlocked.Increment(ref _handling);
        Task? handled = null;
        try
        {
            return handled = handler(turn, stop);
        }
        finally
        {
            if (handled is null or { IsCompleted: true })
            {
                Interlocked.Decrement(ref _handling);
            }
            else
            {
                _ = handled.ContinueWith(_ => Interlocked.Decrement(ref _handling), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            }
        }
    };

    /// <summary>The request of a peer is over when its server's side says so; it never throws, whatever a peer or a network did.</summary>
    private async Task NoteEndAsync(TestPeer peer)
    {
        try
        {
            await peer.Running;
        }
        catch (Exception e)
        {
            _broken.Enqueue($"A connection's request threw: {e}");
        }

        _requests.TryRemove(peer, out _);
    }

    /// <summary>Gives a meter to which nobody listens.</summary>
    private sealed class Unheard : IMeterFactory
    {
        private Meter? _meter;

        public Meter Create(MeterOptions options)
        {
            options.Scope = this;
            return _meter = new Meter(options);
        }

        public void Dispose() => _meter?.Dispose();
    }
}
