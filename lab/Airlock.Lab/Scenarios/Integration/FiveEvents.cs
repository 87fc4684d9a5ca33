using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects.Legacy;

namespace Airlock.Lab.Scenarios.Integration;

/// <summary>An answer in five parts while the connection comes up, gates flap and a second client talks. All five arrive, in order.</summary>
public sealed class FiveEvents() : IntegrationScenario(
    "five-events",
    "incident 26",
    "All five events of an answer arrive, once and in order, under every schedule.",
    new NothingBeforeReady(),
    Red.Of(LegacyFault.QueueUnwired))
{
    /// <inheritdoc/>
    public override void SetUp(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        base.SetUp(world);
        world.Application.Parts = 4;
    }

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        var client = world.NewClient("alice");
        var other = world.NewClient("bob");
        client.Send();
        other.Send();
        var connecting = Task.WhenAll(client.ConnectAsync(), other.ConnectAsync());
        world.Services.Set("agent", false);
        await world.DelayAsync(TimeSpan.FromMilliseconds(world.Choose(5, 0)));
        world.Services.Set("agent", true);
        await connecting;
        client.Send();
        await Task.WhenAll(client.WhenSettledAsync(), other.WhenSettledAsync());
        world.ExpectInTime(client.Unsettled + other.Unsettled == 0, "Both answers arrive whole.");
    }
}
