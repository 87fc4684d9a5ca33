using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;

namespace Airlock.Lab.Scenarios.Neighbours;

/// <summary>The network loses a connection without telling the server. Its user comes back and is not locked out by his own ghost.</summary>
public sealed class HalfOpenOwner() : Neighbour(
    "half-open-owner",
    "incident §2.7; promise of sessions",
    "A session whose connection is dead without knowing it can be taken over at once.",
    new Expectation(),
    Red.Of("attached-session-refused"))
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
        client.Send();
        world.ExpectInTime(await client.ConnectAsync(), "The user is let in again.");
        await client.WhenSettledAsync();
        world.ExpectInTime(client.Unsettled == 0, "What was sent into the void is sent again and answered.");
    }
}
