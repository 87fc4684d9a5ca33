using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;
using Airlock.Lab.Subjects.Legacy;

namespace Airlock.Lab.Scenarios.Integration;

/// <summary>Answers told in the five events while the connection comes up, gates flap and a second client talks. Each client hears its own, whole and in order.</summary>
public sealed class FiveEvents() : IntegrationScenario(
    "five-events",
    "incident 26, §2.12",
    "All five events of an answer arrive after ready, once, in order and each tool's end with its beginning, under every schedule.",
    new EventSequence(),
    Red.Of(LegacyFault.QueueUnwired))
{
    /// <inheritdoc/>
    public override Capabilities Needs => Capabilities.Services | Capabilities.Streaming;

    /// <inheritdoc/>
    public override void SetUp(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        base.SetUp(world);
        world.Application.TellsEvents = true;
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
