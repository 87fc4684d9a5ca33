using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;

namespace Airlock.Lab.Scenarios.Neighbours;

/// <summary>A client answers ready at the same moment. The server is where its frame says it is.</summary>
public sealed class FlagAfterFrame() : Neighbour(
    "flag-after-frame",
    "SignalR #50409, a waiting flag set after the frame it waits for",
    "Whoever has read ready may rely on it: nothing sent after it is taken for something too early.",
    new Expectation(),
    Red.Of("ready-before-serving"))
{
    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        var client = world.NewClient("alice");
        await client.ConnectAsync();
        client.Send();
        await client.WhenSettledAsync();
        for (var i = 0; i < 2; i++)
        {
            client.Handshake!.Cut();
            await client.WhenClosed;
            client.Send();
            await client.ConnectAsync();
            await client.WhenSettledAsync();
            world.Expect(client.Code is not (>= 4000 and < 4100) || client.Code == 4031, "A client that keeps the rules is not told that it broke one.");
        }
    }
}
