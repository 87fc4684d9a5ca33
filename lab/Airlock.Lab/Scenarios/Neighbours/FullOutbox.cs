using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;

namespace Airlock.Lab.Scenarios.Neighbours;

/// <summary>A handler writes more than may lie unacknowledged while its client is away. It waits, and goes on when the client is back.</summary>
public sealed class FullOutbox() : Neighbour(
    "full-outbox",
    "session: a full outbox pauses",
    "A full outbox pauses whoever writes, loses nothing and goes on by itself.",
    new Expectation(),
    Red.Of("room-not-released"))
{
    /// <inheritdoc/>
    public override Capabilities Needs => Capabilities.Streaming | Capabilities.Sessions;

    /// <inheritdoc/>
    public override void SetUp(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        base.SetUp(world);
        world.Application.Parts = 5;
        world.Settings = world.Settings with { OutboxMax = 3 };
    }

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        var client = world.NewClient("alice");
        await client.ConnectAsync();
        client.Send();
        client.Send();
        await world.DelayAsync(TimeSpan.FromMilliseconds(world.Choose(1, 0)));
        if (world.Choose(true, false))
        {
            client.Handshake!.Cut();
            await client.WhenClosed;
            await world.DelayAsync(TimeSpan.FromSeconds(1));
            await client.ConnectAsync();
        }

        await client.SettleAsync(2);
        world.ExpectInTime(client.Unsettled == 0, "Every message is answered in the end.");
    }
}
