using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects.Legacy;

namespace Airlock.Lab.Scenarios.Neighbours;

/// <summary>Three users come within one second. Each connection has an id of its own.</summary>
public sealed class CollidingIds() : Neighbour(
    "colliding-ids",
    "incident §1.3, colliding ids",
    "Connections that are accepted in the same second have ids and machines of their own.",
    new OneMachinePerConnection(),
    Red.Of(LegacyFault.OneSecondIds))
{
    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        await ServeAsync(world, world.NewClient("alice"), world.NewClient("bob"), world.NewClient("carol"));
    }
}
