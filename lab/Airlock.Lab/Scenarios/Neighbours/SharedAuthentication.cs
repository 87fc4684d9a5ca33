using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;
using Airlock.Lab.Subjects.Legacy;

namespace Airlock.Lab.Scenarios.Neighbours;

/// <summary>Two users sign in at once. Neither gets what was found out for the other.</summary>
public sealed class SharedAuthentication() : Neighbour(
    "shared-authentication",
    "incident §1.3, cached auth result",
    "What authentication found belongs to one connection: no user meets another in it.",
    new OneContext(),
    Red.Of(LegacyFault.SharedAuthentication))
{
    /// <inheritdoc/>
    public override Capabilities Needs => Capabilities.Authentication;

    /// <inheritdoc/>
    public override void SetUp(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        base.SetUp(world);
        world.Authority.Delay = TimeSpan.FromMilliseconds(world.Choose(0, 10));
    }

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        await ServeAsync(world, world.NewClient("alice"), world.NewClient("bob"));
        await ServeAsync(world, world.NewClient("carol"));
    }
}
