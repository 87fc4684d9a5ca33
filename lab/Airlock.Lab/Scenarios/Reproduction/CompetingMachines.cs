using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects.Legacy;

namespace Airlock.Lab.Scenarios.Reproduction;

/// <summary>Eight connections of one user walk to ready at once. Each has one machine, and none disturbs another.</summary>
public sealed class CompetingMachines() : Reproduced(
    "competing-machines",
    "incident 1",
    "Eight connections of one user at once: each has exactly one state machine, and all become ready.",
    new OneMachinePerConnection(),
    Red.Of(LegacyFault.SecondMachine))
{
    /// <inheritdoc/>
    public override Task RunAsync(World world) => ServeAsync(world, 8, TimeSpan.Zero);
}
