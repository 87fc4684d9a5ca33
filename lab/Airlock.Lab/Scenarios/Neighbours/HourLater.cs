using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;

namespace Airlock.Lab.Scenarios.Neighbours;

/// <summary>A user comes, talks and goes, and does so again half an hour later, and once more. Everything that the first visit took is free again.</summary>
public sealed class HourLater() : Neighbour(
    "hour-later",
    "what is kept of a visit keeps the next one out",
    "Who comes back an hour later is let in and answered as the first time.",
    new Expectation(),
    Red.Of("slot-of-a-user-kept"))
{
    /// <inheritdoc/>
    public override void SetUp(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        base.SetUp(world);
        world.Settings = world.Settings with { ConnectionsPerUserMax = 2 };
    }

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        for (var visit = 1; visit <= 3; visit++)
        {
            var client = world.NewClient("alice");
            world.ExpectInTime(await client.ConnectAsync(), "The user is let in.");
            client.Send();
            await Task.WhenAny(client.WhenSettledAsync(), world.DelayAsync(TimeSpan.FromSeconds(20)));
            world.ExpectInTime(client.Unsettled == 0, "The user is answered.");
            if (world.Choose(true, false))
            {
                await client.LeaveAsync();
            }
            else
            {
                client.Handshake!.Cut();
                await client.WhenClosed;
            }

            await world.DelayAsync(TimeSpan.FromMinutes(30));
        }
    }
}
