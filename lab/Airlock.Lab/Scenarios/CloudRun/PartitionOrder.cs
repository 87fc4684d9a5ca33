using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects.Legacy;

namespace Airlock.Lab.Scenarios.CloudRun;

/// <summary>Three messages travel while accept, authentication and services each take 100 to 300 ms. They are handled in their order, once, after the connection is ready.</summary>
public sealed class PartitionOrder : Scenario
{
    private const int Messages = 3;

    /// <inheritdoc/>
    public override string Name => "partition-order";

    /// <inheritdoc/>
    public override Suite Suite => Suite.CloudRun;

    /// <inheritdoc/>
    public override string Category => "E2E GCP Staging Tests";

    /// <inheritdoc/>
    public override Difficulty Difficulty => Difficulty.High;

    /// <inheritdoc/>
    public override string Source => "incident 9";

    /// <inheritdoc/>
    public override string Claim => "Three messages that come during slow transitions are handled once, in the order in which they were sent.";

    /// <inheritdoc/>
    public override Checker Invariant { get; } = new DeliveredOnce();

    /// <inheritdoc/>
    public override Red Red => Red.Of(LegacyFault.FlushRacesLive);

    /// <inheritdoc/>
    public override void SetUp(World world)
    {
        world.Services.Declare("agent", up: false);
        world.Authority.Delay = TimeSpan.FromMilliseconds(world.Choose(100, 200, 300));
        world.Application.Delay = TimeSpan.FromMilliseconds(100);
    }

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        var found = FindAsync(world);
        var client = world.NewClient("alice");
        var connecting = client.ConnectAsync(new DialOptions { AcceptDelay = TimeSpan.FromMilliseconds(world.Choose(100, 200, 300)) });
        for (var i = 0; i < Messages; i++)
        {
            await world.DelayAsync(TimeSpan.FromMilliseconds(world.Choose(50, 150, 250)));
            client.Send();
        }

        world.ExpectInTime(await connecting, "The connection becomes ready.");
        await found;
        await client.WhenSettledAsync();
        world.ExpectInTime(client.Unsettled == 0, "Every message is answered.");
    }

    private static async Task FindAsync(World world)
    {
        await world.DelayAsync(TimeSpan.FromMilliseconds(world.Choose(100, 200, 300)));
        world.Services.Set("agent", up: true);
    }
}
