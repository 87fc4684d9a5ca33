using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects.Legacy;

namespace Airlock.Lab.Scenarios.Integration;

/// <summary>A connection from its first state to its last, with a message in between.</summary>
public sealed class WholeLife() : IntegrationScenario(
    "whole-life",
    "incident 23",
    "A connection walks the five states in order, serves, and ends.",
    new HistoryIsAPath(),
    Red.Of(LegacyFault.FreshMachine))
{
    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        await ServeAsync(world, world.NewClient("alice"));
    }
}
