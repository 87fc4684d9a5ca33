using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;

namespace Airlock.Lab.Scenarios.Neighbours;

/// <summary>A client goes while its session is being attached. What the store then gives is given back.</summary>
public sealed class CloseDuringAttach() : Neighbour(
    "close-during-attach",
    "promise of sessions; lifecycle rule 4",
    "A session that is attached too late is released, once.",
    new AcquiredOnce(),
    Red.Of("late-attach-kept"))
{
    /// <inheritdoc/>
    public override void SetUp(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        base.SetUp(world);
        world.Store.Delay(StoreCall.Attach, TimeSpan.FromMilliseconds(20));
    }

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        var client = world.NewClient("alice");
        var connecting = client.ConnectAsync();
        await world.DelayAsync(TimeSpan.FromMilliseconds(10));
        if (world.Choose(false, true))
        {
            client.Handshake!.Cut();
        }
        else
        {
            await client.CloseAsync();
        }

        await connecting;
        await client.WhenClosed;
        await world.DelayAsync(TimeSpan.FromSeconds(1));
        await client.ConnectAsync();
    }
}
