using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects.Legacy;

namespace Airlock.Lab.Scenarios.Reproduction;

/// <summary>Five connections of one user begin a millisecond apart, all within one second. No two have the same id.</summary>
public sealed class CompetingIds() : Reproduced(
    "competing-ids",
    "incident 19",
    "Five connections of one user within five milliseconds: each has one id of its own for its whole life.",
    new OneMachinePerConnection(),
    Red.Of(LegacyFault.OneSecondIds))
{
    /// <inheritdoc/>
    public override Task RunAsync(World world) => ServeAsync(world, 5, TimeSpan.FromMilliseconds(1));
}
