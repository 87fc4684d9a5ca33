using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;
using Airlock.Lab.Subjects.Legacy;

namespace Airlock.Lab.Scenarios.Reproduction;

/// <summary>The service comes up while the user is still being looked up, or at the very moment, or afterwards. The connection takes one step after the other.</summary>
public sealed class SkippedStates() : Reproduced(
    "skipped-states",
    "incident 2, §2.1 check outside the lock",
    "Whatever comes first, the services or the user, a connection goes through every state once and skips none.",
    new HistoryIsAPath(),
    Red.Of(LegacyFault.CheckOutsideLock))
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
        world.Authority.Delay = TimeSpan.FromMilliseconds(2);
        var serving = UseAsync(world.NewClient("alice"));
        await world.DelayAsync(TimeSpan.FromMilliseconds(world.Choose(2, 1, 3)));
        world.Services.Set("agent", up: true);
        world.ExpectInTime(await serving, "The connection becomes ready.");
    }
}
