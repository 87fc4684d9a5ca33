using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;

namespace Airlock.Lab.Scenarios.Neighbours;

/// <summary>A client gives up on a dial that is slow and dials again. When the slow one arrives it does not push the newer out.</summary>
public sealed class LateAttempt() : Neighbour(
    "late-attempt",
    "promise of sessions",
    "An attempt to resume that arrives after a newer one is refused, and the newer connection stays.",
    new Expectation(),
    Red.Of("stale-attempt-accepted"))
{
    /// <inheritdoc/>
    public override Capabilities Needs => Capabilities.Sessions;

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        var client = world.NewPeer("alice");
        await client.ConnectAsync();
        client.Handshake!.Cut();
        await client.WhenClosed;
        var slow = client.ConnectAsync(new DialOptions { AcceptDelay = TimeSpan.FromMilliseconds(world.Choose(500, 0, 1)) });
        var isReady = await client.ConnectAsync();
        world.ExpectInTime(isReady, "The newer attempt is taken.");
        await world.DelayAsync(TimeSpan.FromSeconds(2));
        world.Expect(client.Cause != "superseded", "The newer attempt is not superseded by the older one.");
        client.Send();
        await client.SettleAsync(2);
        await slow;
    }
}
