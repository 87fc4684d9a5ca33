using System.Text.Json;
using Airlock.Client.Tests.Reference;
using Airlock.Core;

namespace Airlock.Client.Tests;

public class AirlockClientTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Client_walks_to_ready_sends_and_hears_the_answer()
    {
        await using var server = await ReferenceServer.StartAsync();
        await using var client = new AirlockClient(server.Address);
        var receipt = client.Send(new { text = "hello" });
        client.Start();
        await client.Ready.WaitAsync(_patience, Cancellation);
        Assert.Equal(MessageOutcome.Finished, await receipt.Done.WaitAsync(_patience, Cancellation));

        var kinds = new List<(MessageKind, bool, string?)>();
        await foreach (var message in client.MessagesAsync(Cancellation))
        {
            kinds.Add((message.Kind, message.Provisional, message.Re));
            if (message.Kind == MessageKind.Data)
            {
                Assert.Equal("hello", message.As<JsonElement>().GetProperty("text").GetString());
            }

            if (message.Kind == MessageKind.End)
            {
                break;
            }
        }

        Assert.Equal([(MessageKind.Data, true, receipt.Id), (MessageKind.Data, true, receipt.Id), (MessageKind.Data, false, receipt.Id), (MessageKind.End, false, receipt.Id)], kinds);
        Assert.Equal(ConnectionState.ProcessingReady, client.State);
        await client.LeaveAsync(Cancellation).WaitAsync(_patience, Cancellation);
        Assert.Equal(ConnectionState.Closed, client.State);
    }
}
