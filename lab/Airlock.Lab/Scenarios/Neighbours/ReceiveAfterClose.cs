using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects.Legacy;

namespace Airlock.Lab.Scenarios.Neighbours;

/// <summary>A client closes, or is closed, while the server reads. Nobody receives from what is closed.</summary>
public sealed class ReceiveAfterClose() : Neighbour(
    "receive-after-close",
    "incident §1.4, Need to call accept first; §5.2",
    "After a close the server neither reads from the transport nor sends on it.",
    new TransportUse(),
    Red.Of(LegacyFault.ReceiveAfterClose))
{
    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        var clients = Enumerable.Range(0, 4).Select(_ => world.NewClient("alice")).ToArray();
        await Task.WhenAll(clients.Select(static client => client.ConnectAsync()));
        var isServers = world.Choose(false, true);
        await Task.WhenAll(clients.Select(async client =>
        {
            client.Send();
            if (isServers)
            {
                await world.Server.DisconnectAsync("alice");
            }

            await client.CloseAsync();
            await client.WhenClosed;
        }));
    }
}
