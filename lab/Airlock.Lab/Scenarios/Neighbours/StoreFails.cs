using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;
using Airlock.Lab.Traces;

namespace Airlock.Lab.Scenarios.Neighbours;

/// <summary>The store fails now and then before it has done anything. The client is told and sends again.</summary>
public sealed class StoreFails() : Neighbour(
    "store-fails",
    "promise of sessions",
    "A message that the store did not take is not lost: the connection closes with its cause, and the client comes back.",
    new Expectation(),
    Red.Of("store-failure-ignored"))
{
    /// <inheritdoc/>
    public override Capabilities Needs => Capabilities.Sessions;

    /// <inheritdoc/>
    public override void SetUp(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        base.SetUp(world);
        world.Store.FailBefore(world.Choose(StoreCall.Append, StoreCall.Attach), world.Choose(1, 2));
    }

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        var client = world.NewClient("alice");
        await client.SettleAsync(1);
        await client.ConnectAsync();
        client.Send();
        if (world.Choose(false, true))
        {
            // Each in a message of its own.
            await world.DelayAsync(TimeSpan.FromMilliseconds(1));
        }

        client.Send();
        await client.SettleAsync(6);
        world.Expect(!world.Trace.Of(TraceKind.Ended).Any(static ended => ended.Name == "sequence_gap"), "Nothing goes on behind a message that the store did not take.");
        world.ExpectInTime(client.Unsettled == 0, "Every message is answered in the end.");
    }
}
