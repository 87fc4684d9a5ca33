using Airlock.Lab.Simulation;

namespace Airlock.Lab.Scenarios.Integration;

/// <summary>Fifty parties race the steps of one connection, or of fifty.</summary>
public sealed class FiftyCallers() : Callers(
    "fifty-callers",
    "incident 35, §2.1 check outside the lock",
    "Fifty callers race the steps of one connection, or of fifty: each step is taken once and in order, and nobody waits for ever.")
{
    /// <inheritdoc/>
    public override Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        return RaceAsync(world, connections: world.Choose(1, 50), callers: 50);
    }
}
