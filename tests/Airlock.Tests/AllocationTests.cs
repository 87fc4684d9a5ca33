using System.Net.WebSockets;
using Airlock.Core;
using Airlock.Tests.Harness;

namespace Airlock.Tests;

/// <summary>What a message costs in memory, from its receipt to its answer, through the whole driver. Alone, since the runtime counts for the process.</summary>
[Collection(nameof(AllocationTests))]
[CollectionDefinition(nameof(AllocationTests), DisableParallelization = true)]
public class AllocationTests
{
    private const int Batches = 2000;

    [Theory]
    [InlineData(16, 800)]
    [InlineData(1, 1000)]
    public async Task A_message_allocates_its_payload_and_little_else(int batch, int bytesMax)
    {
        using var server = new TestServer(static async (turn, _) => await turn.SendRawAsync(turn.Message), keepsDebug: false);
        await RunAsync(server, batch);

        var before = GC.GetTotalAllocatedBytes(precise: true);
        await RunAsync(server, batch);
        var each = (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)(batch * Batches);

        TestContext.Current.TestOutputHelper!.WriteLine($"{each:N0} bytes a message");
        Assert.True(each <= bytesMax, $"{each:N0} bytes a message, more than {bytesMax}.");
    }

    private static async Task RunAsync(TestServer server, int batch)
    {
        using var socket = new LoopSocket(batch, Batches);
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            _ = server.Endpoint.RunAsync(new ConnectionRequest { Upgrade = new Accepted(socket), SubProtocol = Protocol.Name });
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }

        await socket.Done.WaitAsync(TestServer.Patience, TestContext.Current.CancellationToken);
    }

    private sealed class Accepted(WebSocket socket) : IUpgrade
    {
        public ValueTask<WebSocket> AcceptAsync(string? subProtocol, CancellationToken cancellationToken) => new(socket);

        public ValueTask RefuseAsync(CloseReason reason, TimeSpan? retryAfter) => default;
    }
}
