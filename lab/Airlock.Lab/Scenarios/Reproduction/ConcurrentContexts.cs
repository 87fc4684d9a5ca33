using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;
using Airlock.Lab.Subjects.Legacy;

namespace Airlock.Lab.Scenarios.Reproduction;

/// <summary>Six contexts of one user are made at once, each 10, 15 or 20 ms after its connection began. One for each connection.</summary>
public sealed class ConcurrentContexts() : Reproduced(
    "concurrent-contexts",
    "incident 5",
    "Six connections of one user at once: each gets exactly one user context, with an id of its own.",
    new OneContext(),
    Red.Of(LegacyFault.SecondContext))
{
    /// <inheritdoc/>
    public override Capabilities Needs => Capabilities.Authentication;

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        world.Authority.Delay = TimeSpan.FromMilliseconds(10);
        await ServeAsync(world, 6, TimeSpan.FromMilliseconds(world.Choose(0, 5)));
    }
}
