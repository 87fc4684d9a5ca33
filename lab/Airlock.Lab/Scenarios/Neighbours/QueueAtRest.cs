using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;

namespace Airlock.Lab.Scenarios.Neighbours;

/// <summary>A message comes while the worker of its session goes to rest. Somebody handles it.</summary>
public sealed class QueueAtRest() : Neighbour(
    "queue-at-rest",
    "SignalR #50409 seen from the worker's side",
    "A worker that goes to rest looks once more: no message waits for the next one to wake it.",
    new Expectation(),
    Red.Of("lease-released-unseen"))
{
    /// <inheritdoc/>
    public override void SetUp(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        base.SetUp(world);
        world.Store.IsRemote = true;
        // As long as the pause between two messages, so that the second comes while the first is finished.
        world.Application.Delay = TimeSpan.FromMilliseconds(1);
    }

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        var client = world.NewClient("alice");
        await client.ConnectAsync();
        for (var i = 0; i < 4; i++)
        {
            client.Send();
            await world.DelayAsync(TimeSpan.FromMilliseconds(world.Choose(0, 1)));
            // While the worker is done with the one before, or nearly.
            client.Send();
            await Task.WhenAny(client.WhenSettledAsync(), world.DelayAsync(TimeSpan.FromSeconds(20)));
            world.ExpectInTime(client.Unsettled == 0, "Every message is answered without another one to wake it.");
        }
    }
}
