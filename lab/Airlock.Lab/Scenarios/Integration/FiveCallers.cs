using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Traces;

namespace Airlock.Lab.Scenarios.Integration;

/// <summary>Five parties ask for the same step of one connection at once. One is served, the others are refused.</summary>
public sealed class FiveCallers() : IntegrationScenario(
    "five-callers",
    "incident 32",
    "Of five concurrent requests for one step exactly one is applied.",
    new TransportUse(),
    Red.Of("close-repeated"))
{
    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        var client = world.NewClient("alice");
        await client.ConnectAsync();
        var calls = Enumerable.Range(0, 5).Select(i => world.CallAsync($"caller {i + 1}", () => world.Server.DisconnectAsync("alice"))).ToArray();
        await Task.WhenAll(calls);
        await client.WhenClosed;
        world.Expect(world.Trace.Of(TraceKind.ServerClosed).Count() <= 1, "One of the callers closes, once.");
    }
}
