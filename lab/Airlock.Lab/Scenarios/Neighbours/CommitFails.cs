using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;

namespace Airlock.Lab.Scenarios.Neighbours;

/// <summary>The store fails when a turn is committed, before its effect or after it, so that nobody can know. It is asked again, and the session goes on.</summary>
public sealed class CommitFails() : Neighbour(
    "commit-fails",
    "promise of sessions; the acknowledgement comes after the commit",
    "A turn whose commit failed, or only seemed to, is committed once, and the messages behind it are handled.",
    new Expectation(),
    Red.Of("commit-given-up"))
{
    /// <inheritdoc/>
    public override Capabilities Needs => Capabilities.Sessions;

    /// <inheritdoc/>
    public override void SetUp(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        base.SetUp(world);
        var times = world.Choose(1, 2);
        if (world.Choose(true, false))
        {
            world.Store.FailBefore(StoreCall.Commit, times);
        }
        else
        {
            world.Store.FailAfter(StoreCall.Commit, times);
        }
    }

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        var client = world.NewClient("alice");
        await client.ConnectAsync();
        client.Send();
        client.Send();
        await client.SettleAsync(2);
        world.ExpectInTime(client.Unsettled == 0, "Every message is answered in the end.");
    }
}
