using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects.Legacy;

namespace Airlock.Lab.Scenarios.Reproduction;

/// <summary>The client sends before its connection is accepted, and flushes the moment it is open. The messages wait for ready, in order.</summary>
public sealed class MessageBeforeAccept() : Reproduced(
    "message-before-accept",
    "incident 4",
    "A message that comes before ready waits, and is handled once after the connection is ready.",
    new NothingBeforeReady(),
    Red.Of(LegacyFault.QueueUnwired))
{
    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        world.Authority.Delay = TimeSpan.FromMilliseconds(world.Choose(0, 10));
        var client = world.NewPeer("alice");
        var connecting = client.ConnectAsync(new DialOptions { AcceptDelay = TimeSpan.FromMilliseconds(world.Choose(0, 5)) });
        client.Send();
        client.Send();
        world.ExpectInTime(await connecting, "The connection becomes ready.");
        await client.WhenSettledAsync();
        world.ExpectInTime(client.Unsettled == 0, "Both messages are answered.");
    }
}
