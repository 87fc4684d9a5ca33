using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects.Legacy;

namespace Airlock.Lab.Scenarios.Integration;

/// <summary>Nothing outside takes time. Neither does the coordination.</summary>
public sealed class NoCost() : IntegrationScenario(
    "no-cost",
    "incident 34",
    "The coordinator itself adds no time: where nothing is waited for, a connection is ready in the instant it was dialed.",
    new Expectation(),
    Red.Of(LegacyFault.SleepingCoordinator))
{
    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        var client = world.NewClient("alice");
        var before = world.Scheduler.Time.Elapsed;
        await client.ConnectAsync();
        world.ExpectInTime(world.Scheduler.Time.Elapsed == before, "Ready comes without any time passing.");
        client.Send();
        await client.WhenSettledAsync();
    }
}
