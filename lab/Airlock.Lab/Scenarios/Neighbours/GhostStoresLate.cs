using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;

namespace Airlock.Lab.Scenarios.Neighbours;

/// <summary>The store is slow: a message of the old connection reaches it after the session was taken over. It is refused there.</summary>
public sealed class GhostStoresLate() : Neighbour(
    "ghost-stores-late",
    "session invariant 1, fencing",
    "Nothing of an older generation is stored once the generation has risen.",
    new FencedStore(),
    Red.Of("generation-not-checked"))
{
    /// <inheritdoc/>
    public override Capabilities Needs => Capabilities.Sessions;

    /// <inheritdoc/>
    public override void SetUp(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        base.SetUp(world);
        world.Store.Delay(StoreCall.Append, TimeSpan.FromMilliseconds(100));
    }

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        var client = world.NewClient("alice");
        await client.ConnectAsync();
        client.Send();
        await client.WhenSettledAsync();
        client.Send();
        await world.DelayAsync(TimeSpan.FromMilliseconds(world.Choose(1, 0, 50)));
        client.Handshake!.Silence();
        await client.ConnectAsync();
        await client.SettleAsync(3);
        world.ExpectInTime(client.Unsettled == 0, "Every message is answered in the end.");
    }
}
