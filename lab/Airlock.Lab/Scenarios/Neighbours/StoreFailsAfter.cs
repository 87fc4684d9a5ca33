using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;

namespace Airlock.Lab.Scenarios.Neighbours;

/// <summary>The store does what it is asked and then fails, so that nobody can know. What was sent again is recognised.</summary>
public sealed class StoreFailsAfter() : Neighbour(
    "store-fails-after",
    "promise of sessions; verification §4",
    "A message that may have been stored is sent again and handled once.",
    new Expectation(),
    Red.Of("stored-not-woken"))
{
    /// <inheritdoc/>
    public override Capabilities Needs => Capabilities.Sessions;

    /// <inheritdoc/>
    public override void SetUp(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        base.SetUp(world);
        world.Store.FailAfter(world.Choose(StoreCall.Append, StoreCall.Append, StoreCall.Acknowledge), world.Choose(2, 1));
    }

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        var client = world.NewClient("alice");
        await client.ConnectAsync();
        client.Send();
        client.Send();
        await client.SettleAsync(6);
        world.ExpectInTime(client.Unsettled == 0, "Every message is answered in the end.");
    }
}
