using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects.Legacy;

namespace Airlock.Lab.Scenarios.Reproduction;

/// <summary>A user who may have two connections comes and goes four times. There is always room.</summary>
public sealed class KeptSlots() : Reproduced(
    "kept-slots",
    "incident §2.11, leak cause",
    "Whatever a connection takes is given back when it ends, so a user who comes back is never one too many.",
    new AcquiredOnce(),
    Red.Of(LegacyFault.LeakedManagers))
{
    /// <inheritdoc/>
    public override void SetUp(World world)
    {
        base.SetUp(world);
        world.Settings = world.Settings with { ConnectionsPerUserMax = 2 };
    }

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        for (var visit = 0; visit < 4; visit++)
        {
            var client = world.NewClient("alice");
            world.ExpectInTime(await UseAsync(client), "The user comes in.");
            await client.LeaveAsync();
            // What the server has to do it does at once, but after the client has gone.
            await world.DelayAsync(TimeSpan.FromMilliseconds(1));
        }
    }
}
