using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects.Legacy;

namespace Airlock.Lab.Scenarios.Integration;

/// <summary>A server that depends on nothing. The same coordination, with nobody to wait for.</summary>
public sealed class NoExternalParts() : IntegrationScenario(
    "no-external-parts",
    "incident 25 and the plan's coordination without Docker",
    "Coordination needs no external part: without any, the same states are walked in the same order.",
    new OneMachinePerConnection(),
    Red.Of(LegacyFault.FreshMachine))
{
    /// <inheritdoc/>
    public override void SetUp(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        world.Settings = world.Settings with { Window = 4 };
    }

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        await ServeAsync(world, world.NewClient("alice"), world.NewClient("alice"));
    }
}
