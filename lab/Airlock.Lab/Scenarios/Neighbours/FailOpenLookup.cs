using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;
using Airlock.Lab.Subjects.Legacy;

namespace Airlock.Lab.Scenarios.Neighbours;

/// <summary>A client flushes what it has as soon as it is accepted, while the services are late. Nobody is ready who cannot be found.</summary>
public sealed class FailOpenLookup() : Neighbour(
    "fail-open-lookup",
    "incident §1.3, missing entry means ready; §3G 37",
    "A connection that is in no index is not ready: nothing of it is handled.",
    new NothingBeforeReady(),
    Red.Of(LegacyFault.FailOpenLookup))
{
    /// <inheritdoc/>
    public override Capabilities Needs => Capabilities.Services;

    /// <inheritdoc/>
    public override void SetUp(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        world.Services.Declare("agent", up: false);
    }

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        var client = world.NewClient("alice");
        client.Send();
        var connecting = client.ConnectAsync();
        await world.DelayAsync(TimeSpan.FromMilliseconds(world.Choose(20, 0, 5)));
        world.Services.Set("agent", true);
        await connecting;
        client.Send();
        await client.WhenSettledAsync();
    }
}
