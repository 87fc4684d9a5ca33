using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;

namespace Airlock.Lab.Scenarios.Neighbours;

/// <summary>Credentials expire while new ones are on their way, are checked, or do not come.</summary>
public sealed class RefreshAgainstExpiry() : Neighbour(
    "refresh-against-expiry",
    "lifecycle rule 10",
    "Who sends new credentials in time stays; who does not is closed as expired, and his session waits.",
    new Expectation(),
    Red.Of("expiry-goes-on"))
{
    /// <inheritdoc/>
    public override Capabilities Needs => Capabilities.Refresh | Capabilities.Sessions | Capabilities.Frames;

    /// <inheritdoc/>
    public override void SetUp(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        base.SetUp(world);
        world.Authority.Lifetime = TimeSpan.FromSeconds(10);
        world.Authority.Delay = TimeSpan.FromSeconds(world.Choose(0, 3));
    }

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        var client = world.NewClient("alice");
        client.Refreshes = world.Choose(true, false);
        await client.ConnectAsync();
        client.Send();
        await Task.WhenAny(client.WhenClosed, world.DelayAsync(TimeSpan.FromSeconds(world.Choose(45, 12))));
        world.ExpectInTime(!client.Refreshes || client.Cause is null, "Who sends new credentials in time stays.");
        world.ExpectInTime(client.Refreshes || client.Cause is null or "authentication_expired", "Who does not is told why.");
        if (world.Choose(false, true))
        {
            client.SendRaw("""{"t":"refresh","token":"user:bob"}""");
            await Task.WhenAny(client.WhenClosed, world.DelayAsync(TimeSpan.FromSeconds(5)));
        }
    }
}
