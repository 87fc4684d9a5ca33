using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;
using Airlock.Lab.Subjects.Legacy;

namespace Airlock.Lab.Scenarios.Reproduction;

/// <summary>The services are later than ten looks a tenth of a second apart. The connection waits, and does not end without a word.</summary>
public sealed class SilentReturn() : Reproduced(
    "silent-return",
    "incident §1.2, phase 17",
    "Who waits for services that are 0.5 to 2 seconds late becomes ready, and nobody is dropped without a cause.",
    new CloseCodes(),
    Red.Of(LegacyFault.SilentReturn))
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
        var serving = UseAsync(world.NewClient("alice"));
        await world.DelayAsync(TimeSpan.FromMilliseconds(world.Choose(2000, 500, 1000)));
        world.Services.Set("agent", up: true);
        world.ExpectInTime(await serving, "The connection becomes ready.");
    }
}
