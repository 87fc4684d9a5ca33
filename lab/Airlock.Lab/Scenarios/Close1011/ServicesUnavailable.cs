using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;
using Airlock.Lab.Subjects.Legacy;

namespace Airlock.Lab.Scenarios.Close1011;

/// <summary>Supervisor and threads are down when a client comes. It waits for a while, is refused with a cause if they stay down, and comes in when they are back. What is ready survives another outage.</summary>
public sealed class ServicesUnavailable : Scenario
{
    /// <inheritdoc/>
    public override string Name => "services-unavailable";

    /// <inheritdoc/>
    public override Suite Suite => Suite.Close1011;

    /// <inheritdoc/>
    public override string Category => "Race Condition Reproduction Tests";

    /// <inheritdoc/>
    public override Difficulty Difficulty => Difficulty.High;

    /// <inheritdoc/>
    public override string Source => "incident 13";

    /// <inheritdoc/>
    public override string Claim => "A client that finds services down waits, or is refused with a cause other than 1011, and comes in when they are back.";

    /// <inheritdoc/>
    public override Checker Invariant { get; } = new CloseCodes();

    /// <inheritdoc/>
    public override Red Red => Red.Of(LegacyFault.ServicesAs1011);

    /// <inheritdoc/>
    public override Capabilities Needs => Capabilities.Services | Capabilities.Deadlines | Capabilities.Causes;

    /// <inheritdoc/>
    public override void SetUp(World world)
    {
        world.Settings = world.Settings with { ServicesTimeout = TimeSpan.FromSeconds(5) };
        world.Services.Declare("database", up: true);
        world.Services.Declare("supervisor", up: false);
        world.Services.Declare("threads", up: false);
    }

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        var recovery = TimeSpan.FromSeconds(world.Choose(20, 1));
        var recovered = RecoverAsync(world, recovery);
        var client = world.NewClient("alice");
        var isReady = await client.ConnectAsync();
        world.ExpectInTime(isReady == (recovery < world.Settings.ServicesTimeout), "A connection becomes ready if the services come back before its deadline, and only then.");
        await recovered;
        if (!isReady)
        {
            await client.WhenClosed;
            world.ExpectInTime(client.Cause is { Length: > 0 }, "Who is refused is told why.");
            world.ExpectInTime(await client.ConnectAsync(), "Who was refused comes in when the services are back.");
        }

        // What comes during an outage is handled then, or when it is over.
        world.Services.Set("threads", up: false);
        client.Send();
        await world.DelayAsync(TimeSpan.FromSeconds(world.Choose(3, 0)));
        world.Services.Set("threads", up: true);
        client.Send();
        await client.WhenSettledAsync();
    }

    private static async Task RecoverAsync(World world, TimeSpan after)
    {
        await world.DelayAsync(after);
        world.Services.Set("supervisor", up: true);
        world.Services.Set("threads", up: true);
    }
}
