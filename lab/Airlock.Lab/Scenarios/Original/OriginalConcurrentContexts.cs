using Airlock.Lab.Checkers;
using Airlock.Lab.Scenarios.Reproduction;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;
using Airlock.Lab.Subjects.Legacy;

namespace Airlock.Lab.Scenarios.Original;

/// <summary>The first suite's concurrent contexts: three of one user, made together 10 ms after the connections began.</summary>
public sealed class OriginalConcurrentContexts() : Reproduced(
    "original-concurrent-contexts",
    "incident 18",
    "Three contexts of one user in the same millisecond have three ids.",
    new OneContext(),
    Red.Of(LegacyFault.MillisecondContexts),
    Suite.Original)
{
    /// <inheritdoc/>
    public override Capabilities Needs => Capabilities.Authentication;

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        world.Authority.Delay = TimeSpan.FromMilliseconds(10);
        await ServeAsync(world, 3, TimeSpan.Zero);
    }
}
