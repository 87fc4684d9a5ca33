using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;

namespace Airlock.Lab.Scenarios.Neighbours;

/// <summary>More messages come while those that came before ready are still being stored. They keep their order.</summary>
public sealed class EarlyOvertaken() : Neighbour(
    "early-overtaken",
    "incident §3G 50, flush racing send",
    "What comes after ready does not overtake what came before it, however slow the store is.",
    new Expectation(),
    Red.Of("held-not-awaited"))
{
    /// <inheritdoc/>
    public override void SetUp(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        base.SetUp(world);
        world.Store.IsRemote = true;
        world.Store.Delay(StoreCall.Append, TimeSpan.FromMilliseconds(world.Choose(5, 0)));
    }

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        var client = world.NewPeer("alice");
        for (var i = 0; i < 4; i++)
        {
            client.Send();
        }

        await client.ConnectAsync();
        client.Send();
        client.Send();
        await client.WhenSettledAsync();
        world.ExpectInTime(client.Unsettled == 0, "Every message is answered.");
    }
}
