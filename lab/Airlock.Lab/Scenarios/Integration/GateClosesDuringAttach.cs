using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;
using Airlock.Lab.Traces;

namespace Airlock.Lab.Scenarios.Integration;

/// <summary>A service goes away while a session is attached. The connection knows it on its first moment as ready.</summary>
public sealed class GateClosesDuringAttach() : IntegrationScenario(
    "gate-closes-during-attach",
    "lifecycle rule 8",
    "A gate that closes during the attach makes the connection DEGRADED at once.",
    new Expectation(),
    Red.Of("gates-not-asked-again"))
{
    /// <inheritdoc/>
    public override Capabilities Needs => Capabilities.Services | Capabilities.Sessions;

    /// <inheritdoc/>
    public override void SetUp(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        base.SetUp(world);
        world.Store.Delay(StoreCall.Attach, TimeSpan.FromMilliseconds(20));
    }

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        var client = world.NewClient("alice");
        var connecting = client.ConnectAsync();
        await world.DelayAsync(TimeSpan.FromMilliseconds(10));
        world.Services.Set("agent", false);
        await connecting;
        await world.DelayAsync(TimeSpan.FromMilliseconds(10));
        world.ExpectInTime(world.Trace.Of(TraceKind.Moved).LastOrDefault().To == "DEGRADED", "It is degraded while its service is down.");
        world.Services.Set("agent", true);
        client.Send();
        await client.WhenSettledAsync();
    }
}
