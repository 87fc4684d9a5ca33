using Airlock.Lab.Checkers;
using Airlock.Lab.Scenarios.Reproduction;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects.Legacy;

namespace Airlock.Lab.Scenarios.Original;

/// <summary>The first suite's competing machines: five, a millisecond apart.</summary>
public sealed class OriginalCompetingMachines() : Reproduced(
    "original-competing-machines",
    "incident 14",
    "Five connections of one user, a millisecond apart: each keeps the machine that was accepted.",
    new OneMachinePerConnection(),
    Red.Of(LegacyFault.FreshMachine),
    Suite.Original)
{
    /// <inheritdoc/>
    public override Task RunAsync(World world) => ServeAsync(world, 5, TimeSpan.FromMilliseconds(1));
}
