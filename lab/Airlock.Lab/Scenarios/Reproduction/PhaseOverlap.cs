using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects.Legacy;

namespace Airlock.Lab.Scenarios.Reproduction;

/// <summary>The accept takes 5 or 15 ms while everything after it could go on at once. The next phase waits for it.</summary>
public sealed class PhaseOverlap() : Reproduced(
    "phase-overlap",
    "incident 3",
    "However long the accept takes, nothing of the next phase touches the transport before it is done.",
    new TransportUse(),
    Red.Of(LegacyFault.PhaseOverlap))
{
    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        var serving = UseAsync(world.NewClient("alice"), new DialOptions { AcceptDelay = TimeSpan.FromMilliseconds(world.Choose(5, 15)) });
        world.ExpectInTime(await serving, "The connection becomes ready.");
    }
}
