using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects.Legacy;

namespace Airlock.Lab.Scenarios.Integration;

/// <summary>Ten connections 10 ms apart, whose setup takes 30, 60 or 10 parts of a second as the first suite had it.</summary>
public sealed class StagingPattern() : IntegrationScenario(
    "staging-pattern",
    "incident §3G 38, the 3-minute staging pattern",
    "Ten staggered connections with setups of 30, 60 and 10 parts all become ready and are served; none disturbs another.",
    new OneMachinePerConnection(),
    Red.Of(LegacyFault.SecondMachine))
{
    /// <inheritdoc/>
    public override void SetUp(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        base.SetUp(world);
        world.Authority.Delay = TimeSpan.FromMilliseconds(60);
        world.Store.Delay(StoreCall.Attach, TimeSpan.FromMilliseconds(10));
    }

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        var clients = Enumerable.Range(0, 10).Select(i => world.NewClient($"user {i}".Replace(' ', '-'))).ToArray();
        var ready = await Task.WhenAll(clients.Select(async (client, i) =>
        {
            await world.DelayAsync(TimeSpan.FromMilliseconds(10 * i));
            client.Send();
            var isReady = await client.ConnectAsync(new DialOptions { AcceptDelay = TimeSpan.FromMilliseconds(30) });
            await client.WhenSettledAsync();
            return isReady;
        }));
        world.ExpectInTime(ready.All(static isReady => isReady), "All ten become ready.");
    }
}
