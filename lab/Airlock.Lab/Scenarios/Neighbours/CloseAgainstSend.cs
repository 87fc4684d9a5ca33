using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;

namespace Airlock.Lab.Scenarios.Neighbours;

/// <summary>The server closes while answers and pushes are on their way. The close is the last thing it sends.</summary>
public sealed class CloseAgainstSend() : Neighbour(
    "close-against-send",
    "incident §5.2, send after close; SignalR #54477 and the like",
    "Nothing is sent after a close, and a close is sent once.",
    new TransportUse(),
    Red.Of("close-repeated"))
{
    /// <inheritdoc/>
    public override Capabilities Needs => Capabilities.Disconnect | Capabilities.Push;

    /// <inheritdoc/>
    public override void SetUp(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        base.SetUp(world);
        world.Application.Parts = 1;
    }

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        var client = world.NewClient("alice");
        await client.ConnectAsync();
        for (var i = 0; i < 3; i++)
        {
            client.Send();
        }

        var pushing = world.Server.PushAsync("alice", "news");
        var closing = world.Server.DisconnectAsync("alice");
        await world.Server.PushAsync("alice", "more news");
        await Task.WhenAll(pushing, closing);
        await client.WhenClosed;
        await client.SettleAsync(3);
    }
}
