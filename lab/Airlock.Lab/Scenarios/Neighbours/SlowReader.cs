using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;
using Airlock.Lab.Traces;

namespace Airlock.Lab.Scenarios.Neighbours;

/// <summary>A client stops reading while the server has much to say. The server gives it up in time, and on its return it gets everything.</summary>
public sealed class SlowReader() : Neighbour(
    "slow-reader",
    "lifecycle: write deadline; incident §2.8",
    "A peer that does not read is closed as slow_consumer in time, and nothing of its session is lost.",
    new Expectation(),
    Red.Of("block-not-noticed"))
{
    /// <inheritdoc/>
    public override Capabilities Needs => Capabilities.Push | Capabilities.Sessions;

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        var client = world.NewClient("alice");
        await client.ConnectAsync(new DialOptions { ToClient = new LinkFaults { Capacity = 400 } });
        client.Handshake!.ToClient.Stall();
        for (var i = 0; i < 8; i++)
        {
            await world.Server.PushAsync("alice", new string('n', 100));
        }

        client.Send();
        if (world.Choose(false, false, true))
        {
            client.Handshake.ToClient.Resume();
        }
        else
        {
            await world.DelayAsync(TimeSpan.FromSeconds(24));
            world.ExpectInTime(world.Trace.Of(TraceKind.Ended).Any(static ended => ended.Name == "slow_consumer"), "A peer that does not read is closed in time.");
            client.Handshake.ToClient.Resume();
        }

        await client.SettleAsync(3);
        world.ExpectInTime(client.Unsettled == 0, "Every message is answered in the end.");
    }
}
