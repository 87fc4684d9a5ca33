using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects.Legacy;

namespace Airlock.Lab.Scenarios.Neighbours;

/// <summary>A client treats its open socket as ready and flushes what it has. All of it is handled after ready, in order.</summary>
public sealed class EarlyFlush() : Neighbour(
    "early-flush",
    "graphql-ws #501; incident §1.1, client flushes on open",
    "What is sent before ready is kept and handled once, in order, after it.",
    new NothingBeforeReady(),
    Red.Of(LegacyFault.QueueUnwired))
{
    /// <inheritdoc/>
    public override void SetUp(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        world.Services.Declare("agent", up: world.Choose(false, true));
    }

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        var client = world.NewPeer("alice");
        for (var i = 0; i < 3; i++)
        {
            client.Send();
        }

        var connecting = client.ConnectAsync();
        await world.DelayAsync(TimeSpan.FromMilliseconds(world.Choose(10, 0)));
        world.Services.Set("agent", true);
        world.ExpectInTime(await connecting, "The connection becomes ready.");
        client.Send();
        await client.WhenSettledAsync();
        world.ExpectInTime(client.Unsettled == 0, "Every message is answered.");
    }
}
