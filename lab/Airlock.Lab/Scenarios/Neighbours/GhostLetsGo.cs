using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;

namespace Airlock.Lab.Scenarios.Neighbours;

/// <summary>A connection that was taken over dies later. Its farewell does not touch the session that another one has now.</summary>
public sealed class GhostLetsGo() : Neighbour(
    "ghost-lets-go",
    "session invariant 1",
    "Only the connection of the current generation can let go of a session.",
    new Expectation(),
    Red.Of("old-detach-counts"))
{
    /// <inheritdoc/>
    public override Capabilities Needs => Capabilities.Sessions;

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        var client = world.NewClient("alice");
        await client.ConnectAsync();
        client.Send();
        await client.WhenSettledAsync();
        client.Handshake!.Silence();
        await client.ConnectAsync();
        await world.DelayAsync(TimeSpan.FromMilliseconds(world.Choose(0, 10)));
        client.Send();
        client.Send();
        await Task.WhenAny(client.WhenSettledAsync(), world.DelayAsync(TimeSpan.FromSeconds(20)));
        world.ExpectInTime(client.Unsettled == 0, "The newer connection keeps the session.");
    }
}
