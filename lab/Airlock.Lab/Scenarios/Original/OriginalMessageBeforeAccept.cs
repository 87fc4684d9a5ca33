using Airlock.Lab.Checkers;
using Airlock.Lab.Scenarios.Reproduction;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects.Legacy;

namespace Airlock.Lab.Scenarios.Original;

/// <summary>The first suite's message before accept.</summary>
public sealed class OriginalMessageBeforeAccept() : Reproduced(
    "original-message-before-accept",
    "incident 17",
    "A message sent before the accept is handled once and answered.",
    new DeliveredOnce(),
    Red.Of(LegacyFault.QueueNeverFlushes),
    Suite.Original)
{
    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        var client = world.NewPeer("alice");
        client.Send();
        world.ExpectInTime(await client.ConnectAsync(), "The connection becomes ready.");
        await Task.WhenAny(client.WhenSettledAsync(), world.DelayAsync(TimeSpan.FromSeconds(30)));
        world.ExpectInTime(client.Unsettled == 0, "The message is answered.");
    }
}
