using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;
using Airlock.Lab.Subjects.Legacy;

namespace Airlock.Lab.Scenarios.Reproduction;

/// <summary>The services come and go six times while the user is looked up. That does not use up anything.</summary>
public sealed class FiveRefusals() : Reproduced(
    "five-refusals",
    "incident §2.1, confirmed defects",
    "However often the services came and went before, a step that is right is taken, and nothing ends with 1011.",
    new CloseCodes(),
    Red.Of(LegacyFault.FailureBudget))
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
        world.Authority.Delay = TimeSpan.FromMilliseconds(100);
        var serving = UseAsync(world.NewClient("alice"));
        for (var flap = 0; flap < 6; flap++)
        {
            await world.DelayAsync(TimeSpan.FromMilliseconds(5));
            world.Services.Set("agent", up: true);
            await world.DelayAsync(TimeSpan.FromMilliseconds(5));
            world.Services.Set("agent", up: flap == 5);
        }

        world.ExpectInTime(await serving, "The connection becomes ready.");
    }
}
