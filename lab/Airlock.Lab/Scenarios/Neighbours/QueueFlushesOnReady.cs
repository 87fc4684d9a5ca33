using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects.Legacy;

namespace Airlock.Lab.Scenarios.Neighbours;

/// <summary>Messages wait for late services. When the connection becomes ready they are handled, without another one to push them.</summary>
public sealed class QueueFlushesOnReady() : Neighbour(
    "queue-flushes-on-ready",
    "incident §2.4, the queue that never flushes",
    "What is held before ready is handled as soon as it is ready.",
    new DeliveredOnce(),
    Red.Of(LegacyFault.QueueNeverFlushes))
{
    /// <inheritdoc/>
    public override void SetUp(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        world.Services.Declare("agent", up: false);
    }

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        var client = world.NewPeer("alice");
        client.Send();
        client.Send();
        var connecting = client.ConnectAsync();
        await world.DelayAsync(TimeSpan.FromMilliseconds(50));
        world.Services.Set("agent", true);
        world.ExpectInTime(await connecting, "The connection becomes ready.");
        await Task.WhenAny(client.WhenSettledAsync(), world.DelayAsync(TimeSpan.FromSeconds(20)));
        world.ExpectInTime(client.Unsettled == 0, "Every message is answered.");
    }
}
