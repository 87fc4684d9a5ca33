using System.Net.WebSockets;
using System.Runtime.CompilerServices;
using Airlock.Core;
using Airlock.Tests.Harness;

namespace Airlock.Tests.Connections;

/// <summary>What the fuzzer has found, into the driver itself.</summary>
public sealed class ConnectionCorpusTests
{
    private static readonly HashSet<int> _codes = [1000, 1002, 1005, 1006, 1007, .. CloseReason.All.Where(static reason => reason != CloseReason.InternalError).SelectMany(static reason => (int[])[reason.Code, reason.ResumeCode])];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Every_input_ends_its_connection_with_a_known_cause_and_no_other(bool isReady)
    {
        var files = Directory.GetFiles(Folder()).Order(StringComparer.Ordinal).ToArray();
        Assert.True(files.Length >= 24);
        using var server = new TestServer(keepsDebug: false);
        var bystander = await server.ReadyAsync(user: "bystander");
        // Several at once: .NET's client waits a second for the end of a stream that it has closed.
        await Parallel.ForAsync(0, files.Length, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = TestContext.Current.CancellationToken }, async (i, cancelled) =>
        {
            var peer = isReady ? await server.ReadyAsync(user: $"user{i}") : await server.OpenAsync();
            await SayAsync(peer, await File.ReadAllBytesAsync(files[i], cancelled));
            var (code, cause) = await peer.Closed;
            Assert.True(_codes.Contains(code), $"{Path.GetFileName(files[i])}: {code} {cause}");
            peer.Stream.Cut();
            await peer.EndedAsync();
        });

        await bystander.DataAsync(1, "1");
        Assert.Equal("1", TestPeer.TextOf(await bystander.AfterAcksAsync(FrameType.Data)));
        bystander.Stream.Cut();
        await bystander.EndedAsync();
        server.AssertNothingLeft();
    }

    /// <summary>Sends each line as a message, and a close, unless the server has had enough before.</summary>
    private static async Task SayAsync(TestPeer peer, byte[] input)
    {
        try
        {
            for (var start = 0; start <= input.Length;)
            {
                var end = Array.IndexOf(input, (byte)'\n', start);
                end = end < 0 ? input.Length : end;
                await peer.SendAsync(input.AsMemory(start..end), WebSocketMessageType.Text);
                start = end + 1;
            }

            await peer.CloseAsync();
        }
        catch (Exception e) when (e is WebSocketException or IOException or ObjectDisposedException or OperationCanceledException)
        {
            // It is over already.
        }
    }

    private static string Folder([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../corpus"));
}
