using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;

namespace Airlock.Lab.Scenarios.Neighbours;

/// <summary>A client stops a message: before it is handled, while it is, and after. It hears of it soon, and the next message is handled.</summary>
public sealed class StopWhileRunning() : Neighbour(
    "stop-while-running",
    "session: stop",
    "A stop ends what would take long, does nothing to what is done, and holds nobody up.",
    new Expectation(),
    Red.Of("stop-ignored"))
{
    /// <inheritdoc/>
    public override Capabilities Needs => Capabilities.Stop;

    /// <inheritdoc/>
    public override void SetUp(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        base.SetUp(world);
        world.Application.Delay = TimeSpan.FromMinutes(10);
        world.Application.Parts = world.Choose(0, 1);
    }

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        var client = world.NewClient("alice");
        await client.ConnectAsync();
        var first = client.Send();
        var second = client.Send();
        await world.DelayAsync(TimeSpan.FromSeconds(world.Choose(1, 0)));
        client.Stop(first);
        client.Stop(second);
        if (world.Choose(false, true))
        {
            client.Handshake!.Cut();
            await client.WhenClosed;
            await client.ConnectAsync();
        }

        await Task.WhenAny(client.WhenSettledAsync(), world.DelayAsync(TimeSpan.FromSeconds(50)));
        world.ExpectInTime(client.Unsettled == 0, "What is stopped ends.");
    }
}
