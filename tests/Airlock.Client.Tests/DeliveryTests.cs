using System.Globalization;
using System.Text;
using Airlock.Client.Tests.Reference;
using Airlock.Core;

namespace Airlock.Client.Tests;

/// <summary>Nothing is lost, doubled or reordered, whatever happens to the connections. Real sockets, cut at any byte.</summary>
public class DeliveryTests(ITestOutputHelper output)
{
    private static readonly TimeSpan _patience = Patience.Max;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(FaultKind.Reset, 12)]
    [InlineData(FaultKind.Close, 12)]
    [InlineData(FaultKind.HalfClose, 12)]
    [InlineData(FaultKind.Stall, 12)]
    [InlineData(null, 60)]
    public async Task Cut_connections_lose_double_and_reorder_nothing(FaultKind? only, int cuts)
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("AIRLOCK_SEED"), CultureInfo.InvariantCulture, out var given) ? given : Random.Shared.Next();
        output.WriteLine($"AIRLOCK_SEED={seed}");
        var random = new Random(seed);
        await using var server = await ReferenceServer.StartAsync();
        // A hundred times as fast as the client takes it: 3 seconds for a phase of the start, 1 for a silence. One that passes too early costs another connection, no more.
        server.Deadlines = new PhaseDeadlines { Hello = 150_000, Authentication = 150_000, Gate = 150_000, Attach = 150_000 };
        server.Idle = 50_000;
        server.Handle = static (session, message) =>
        {
            session.Echo(message);
            session.Core.Push(Encoding.UTF8.GetBytes($"\"push {message.Sequence}\""));
        };
        await using var proxy = new FaultProxy(server.Address, static () => null);
        proxy.Next = () => proxy.Faults >= cuts ? null : new ProxyFault(only ?? (FaultKind)random.Next(4), random.Next(2) == 0, random.Next(1, random.Next(4) == 0 ? 400 : 8000));

        await using var client = new AirlockClient(proxy.Address, new AirlockClientOptions { TimeProvider = new FastTime(100), ConnectTimeout = TimeSpan.FromMinutes(5), Jitter = random.NextDouble });
        var received = new List<ServerMessage>();
        var reading = ReadAsync();
        client.Start();
        var receipts = new List<Receipt>();
        while (proxy.Faults < cuts || receipts.Count < 100)
        {
            receipts.Add(client.Send($"message {receipts.Count + 1} {new string('x', random.Next(200))}"));
            if (receipts.Count > 20)
            {
                await receipts[^20].Done.WaitAsync(_patience, Cancellation);
            }
        }

        var total = receipts.Count;
        await Task.WhenAll(receipts.Select(static receipt => receipt.Done)).WaitAsync(_patience, Cancellation);
        await client.LeaveAsync(Cancellation).WaitAsync(_patience, Cancellation);
        await reading.WaitAsync(_patience, Cancellation);
        output.WriteLine($"{receipts.Count} messages over {proxy.Connections} connections, {proxy.Faults} cut");

        // A first connection that was cut before its ready was heard leaves a session that nobody knows of.
        // Where the last close was cut off, the client has asked once more for the session that had ended.
        var session = Assert.Single(server.Sessions.Values.Concat(server.Gone), static session => session.Handled.Count > 0);
        Assert.Equal(receipts.Select(static receipt => receipt.Id), session.Handled.Select(static message => message.Id));
        Assert.Equal(Enumerable.Range(1, total * 5), received.Select(static message => (int)message.Sequence));
        for (var i = 0; i < total; i++)
        {
            var five = received[(5 * i)..(5 * (i + 1))];
            Assert.All(five[..4], message => Assert.Equal(receipts[i].Id, message.Re));
            Assert.All(five[..3], message => Assert.StartsWith($"message {i + 1} ", message.As<string>()));
            Assert.Equal([true, true, false], five[..3].Select(static message => message.Provisional));
            Assert.Equal(MessageKind.End, five[3].Kind);
            Assert.Equal($"push {i + 1}", five[4].As<string>());
            Assert.Null(five[4].Re);
        }

        async Task ReadAsync()
        {
            await foreach (var message in client.MessagesAsync(Cancellation))
            {
                received.Add(message);
            }
        }
    }
}
