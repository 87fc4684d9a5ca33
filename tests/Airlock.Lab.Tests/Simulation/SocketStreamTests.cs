using System.Net;
using System.Net.Sockets;

namespace Airlock.Lab.Tests;

/// <summary>The same contract over a pair of real sockets on loopback.</summary>
public sealed class SocketStreamTests : StreamContractTests
{
    protected override int Flood => 64 * 1024 * 1024;

    protected override async Task RunAsync(Func<Stream, Stream, Action, Task> test)
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var client = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await client.ConnectAsync(listener.LocalEndpoint, cancellation);
        var server = await listener.AcceptSocketAsync(cancellation);
        await using var one = new NetworkStream(client, ownsSocket: true);
        await using var other = new NetworkStream(server, ownsSocket: true);
        await test(one, other, () =>
        {
            client.LingerState = new LingerOption(true, 0);
            client.Close();
        }).WaitAsync(Patience.Max, cancellation);
    }
}
