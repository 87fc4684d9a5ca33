using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;

namespace Airlock.Lab.Scenarios.Integration;

/// <summary>The network flaps: 100 milliseconds up, 50 down, twenty times, while a client sends.</summary>
public sealed class TwentyFlaps() : IntegrationScenario(
    "twenty-flaps",
    "incident §3G 49",
    "Twenty flaps lose, double and reorder nothing.",
    new ProtocolKept(),
    Red.Of("replay-skipped"))
{
    /// <inheritdoc/>
    public override Capabilities Needs => Capabilities.Streaming | Capabilities.Sessions;

    /// <inheritdoc/>
    public override void SetUp(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        base.SetUp(world);
        world.Application.Parts = 1;
        world.Application.Delay = TimeSpan.FromMilliseconds(world.Choose(120, 0, 100));
    }

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        var client = world.NewClient("alice");
        for (var flap = 0; flap < 20; flap++)
        {
            var connecting = client.ConnectAsync();
            client.Send();
            await world.DelayAsync(TimeSpan.FromMilliseconds(100));
            client.Handshake!.Cut();
            await connecting;
            await client.WhenClosed;
            await world.DelayAsync(TimeSpan.FromMilliseconds(50));
        }

        await client.ConnectAsync();
        await client.SettleAsync(3);
        world.ExpectInTime(client.Unsettled == 0, "Every message is answered in the end.");
    }
}
