using Airlock.Lab.Simulation;

namespace Airlock.Lab.Scenarios.Integration;

/// <summary>Five parties race the steps of one connection.</summary>
public sealed class FiveCallers() : Callers(
    "five-callers",
    "incident 32, §2.1 check outside the lock",
    "Five callers race the steps of one connection: each step is taken once and in order, and whoever comes too late changes nothing.")
{
    /// <inheritdoc/>
    public override Task RunAsync(World world) => RaceAsync(world, connections: 1, callers: 5);
}
