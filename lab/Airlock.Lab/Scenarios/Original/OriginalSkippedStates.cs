using Airlock.Lab.Checkers;
using Airlock.Lab.Scenarios.Reproduction;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;
using Airlock.Lab.Subjects.Legacy;

namespace Airlock.Lab.Scenarios.Original;

/// <summary>The first suite's illegal step, CONNECTING to SERVICES_READY: the services report before the connection is accepted.</summary>
public sealed class OriginalSkippedStates() : Reproduced(
    "original-skipped-states",
    "incident 15",
    "Nobody asks a connection that is not authenticated to be SERVICES_READY.",
    new HistoryIsAPath(),
    Red.Of(LegacyFault.IgnoredTransitions),
    Suite.Original)
{
    /// <inheritdoc/>
    public override Capabilities Needs => Capabilities.Services;

    /// <inheritdoc/>
    public override void SetUp(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        world.Services.Declare("agent", up: false);
    }

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        var serving = UseAsync(world.NewClient("alice"), new DialOptions { AcceptDelay = TimeSpan.FromMilliseconds(world.Choose(5, 0)) });
        world.Authority.Delay = TimeSpan.FromMilliseconds(5);
        await world.DelayAsync(TimeSpan.FromMilliseconds(2));
        world.Services.Set("agent", up: true);
        world.ExpectInTime(await serving, "The connection becomes ready.");
    }
}
