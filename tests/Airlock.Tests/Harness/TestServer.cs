using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Airlock.Core;
using Microsoft.Extensions.Time.Testing;

namespace Airlock.Tests.Harness;

/// <summary>A server with one endpoint on fake time, whose every part a test can turn.</summary>
internal sealed class TestServer : IDisposable
{
    /// <summary>How long a test waits for what must come. Only a failing test waits that long.</summary>
    public static readonly TimeSpan Patience = Airlock.Patience.Max;

    public TestServer(TurnHandler? handler = null, EndpointOptions? options = null, MemorySessionStoreOptions? storeOptions = null, Func<ISessionStore, ISessionStore>? wrapStore = null, int seed = 1, bool keepsDebug = true, IMeterFactory? meters = null, int? turnsMax = null)
    {
        Log = new TestLog(keepsDebug);
        // The test runner's context is not the one a host has: none.
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            var entropy = new SeededEntropy(seed);
            Store = new MemorySessionStore(Time, entropy, storeOptions ?? new MemorySessionStoreOptions());
            Server = new AirlockServer(Time, entropy, wrapStore is null ? Store : wrapStore(Store), Log, meters, turnsMax: turnsMax);
            Endpoint = Server.AddEndpoint("/chat", options ?? new EndpointOptions(), (request, credentials, refresh, stop) => Authenticate(request, credentials, refresh, stop), handler ?? EchoAsync);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

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
            return new TestPeer(client, upgrade, reads) { Running = Endpoint.RunAsync(request) };
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
        while (Server.Find(peer.Id) is { } connection && Volatile.Read(ref IsAtMailbox(connection)))
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Patience, "Somebody stays at the connection's mailbox.");
            await Task.Yield();
        }
    }

    /// <summary>Waits until the server has read all that a peer has sent.</summary>
    public static Task IsReadAsync(TestPeer peer) => peer.Stream.OutgoingReadAsync().WaitAsync(Patience);

    /// <summary>Asserts that nothing is left of any connection.</summary>
    public void AssertNothingLeft()
    {
        Assert.Equal(0, Server.ConnectionCount);
        Assert.Equal(0, Endpoint.UserLimit.Count);
        Assert.Equal(0, Endpoint.AddressLimit.Count);
        Assert.Equal(0, Server.Gates.WatcherCount);
        Assert.DoesNotContain(Log.Lines, line => line.Level >= Microsoft.Extensions.Logging.LogLevel.Error);
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_draining")]
    private static extern ref bool IsAtMailbox(Connection connection);
}
