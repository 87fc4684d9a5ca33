using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;
using Airlock.Lab.Subjects.Legacy;

namespace Airlock.Lab.Scenarios.Reproduction;

/// <summary>The services come up 0, 50 or 300 ms after the connection. Nobody is welcomed before that.</summary>
public sealed class EarlyWelcome() : Reproduced(
    "early-welcome",
    "incident §1.2, phase 15",
    "A client is told that it is ready after the transition, however late the services are.",
    new ReadyAfterTransition(),
    Red.Of(LegacyFault.WelcomeBeforeReady))
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
        await world.DelayAsync(TimeSpan.FromMilliseconds(world.Choose(50, 0, 300)));
        world.Services.Set("agent", up: true);
        world.ExpectInTime(await serving, "The connection becomes ready.");
    }
}
