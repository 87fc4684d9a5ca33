using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Traces;

namespace Airlock.Lab.Scenarios.Integration;

/// <summary>Fifty parties ask at once. No deadlock, no exception, one step.</summary>
public sealed class FiftyCallers() : IntegrationScenario(
    "fifty-callers",
    "incident 35",
    "Of fifty concurrent requests for one step exactly one is applied, and none waits for ever.",
    new TransportUse(),
    Red.Of("close-repeated"))
{
    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        var client = world.NewClient("alice");
        await client.ConnectAsync();
        var calls = Enumerable.Range(0, 50).Select(i => world.CallAsync($"caller {i + 1}", () => world.Server.DisconnectAsync("alice"))).ToArray();
        await Task.WhenAll(calls);
        await client.WhenClosed;
        world.Expect(world.Trace.Of(TraceKind.ServerClosed).Count() <= 1, "One of the callers closes, once.");
    }
}
