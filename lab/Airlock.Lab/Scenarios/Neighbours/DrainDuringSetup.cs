using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;

namespace Airlock.Lab.Scenarios.Neighbours;

/// <summary>The server begins to drain while clients are on every step of their start. All are told, and it is empty in time.</summary>
public sealed class DrainDuringSetup() : Neighbour(
    "drain-during-setup",
    "promise of the drain; lifecycle rule 9",
    "A drain reaches every connection, also one that comes after it began, and ends by its instant.",
    new Expectation(),
    Red.Of("drain-misses-newcomers"))
{
    /// <inheritdoc/>
    public override Capabilities Needs => Capabilities.Drain;

    /// <inheritdoc/>
    public override void SetUp(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        base.SetUp(world);
        world.Authority.Delay = TimeSpan.FromMilliseconds(world.Choose(5, 0));
        world.Store.Delay(StoreCall.Attach, TimeSpan.FromMilliseconds(world.Choose(5, 0)));
    }

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        var clients = Enumerable.Range(0, 4).Select(_ => world.NewClient("alice")).ToArray();
        var connecting = clients.Select(async (client, i) =>
        {
            await world.DelayAsync(TimeSpan.FromMilliseconds(i * 5));
            return await client.ConnectAsync(new DialOptions { AcceptDelay = TimeSpan.FromMilliseconds(world.Choose(0, 5)) });
        }).ToArray();
        await world.DelayAsync(TimeSpan.FromMilliseconds(world.Choose(10, 0, 5, 15)));
        var drained = world.DrainAsync(TimeSpan.FromSeconds(10));
        await Task.WhenAll(connecting);
        await Task.WhenAny(drained, world.DelayAsync(TimeSpan.FromMinutes(1)));
        world.ExpectInTime(drained.IsCompleted, "The drain is over by its instant.");
    }
}
