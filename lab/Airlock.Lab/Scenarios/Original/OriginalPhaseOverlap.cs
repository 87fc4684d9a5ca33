using Airlock.Lab.Checkers;
using Airlock.Lab.Scenarios.Reproduction;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects.Legacy;

namespace Airlock.Lab.Scenarios.Original;

/// <summary>The first suite's phase overlap: an accept of 10 ms against a phase that begins after 15 ms, within 5 s.</summary>
public sealed class OriginalPhaseOverlap() : Reproduced(
    "original-phase-overlap",
    "incident 16",
    "A phase that needs the accept begins after it, whether the accept takes 10 or 15 ms.",
    new TransportUse(),
    Red.Of(LegacyFault.PhaseOverlap),
    Suite.Original)
{
    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        world.Authority.Delay = TimeSpan.FromMilliseconds(15);
        var serving = UseAsync(world.NewClient("alice"), new DialOptions { AcceptDelay = TimeSpan.FromMilliseconds(10) });
        world.ExpectInTime(await serving, "The connection becomes ready.");
        world.ExpectInTime(world.Scheduler.Time.Elapsed < TimeSpan.FromSeconds(5), "That takes less than five seconds.");
    }
}
