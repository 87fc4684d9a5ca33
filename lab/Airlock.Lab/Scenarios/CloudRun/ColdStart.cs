using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;
using Airlock.Lab.Subjects.Legacy;

namespace Airlock.Lab.Scenarios.CloudRun;

/// <summary>A container is started cold: its services need longer than most clients wait, or never come. The wait has an end, whoever is refused is told why, and comes in when the services are there.</summary>
public sealed class ColdStart : Scenario
{
    /// <inheritdoc/>
    public override string Name => "cold-start";

    /// <inheritdoc/>
    public override Suite Suite => Suite.CloudRun;

    /// <inheritdoc/>
    public override string Category => "E2E GCP Staging Tests";

    /// <inheritdoc/>
    public override Difficulty Difficulty => Difficulty.High;

    /// <inheritdoc/>
    public override string Source => "incident 7; the services phase of a cold start takes 3 to 8 s";

    /// <inheritdoc/>
    public override string Claim => "During a cold start every connection is ready or refused by its deadline, and whoever was refused comes in afterwards.";

    /// <inheritdoc/>
    public override Checker Invariant { get; } = new SetupInTime();

    /// <inheritdoc/>
    public override Red Red => Red.Of(LegacyFault.HangingChecks);

    /// <inheritdoc/>
    public override Capabilities Needs => Capabilities.Services | Capabilities.Deadlines | Capabilities.Causes;

    /// <inheritdoc/>
    public override void SetUp(World world)
    {
        // Shorter than a cold start, as a load balancer's patience is.
        world.Settings = world.Settings with { SetupTimeout = TimeSpan.FromMilliseconds(500), ServicesTimeout = TimeSpan.FromSeconds(5) };
        world.Services.Declare("supervisor", up: false);
    }

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        var late = TimeSpan.FromSeconds(world.Choose(3, 4, 6, 8, 60));
        var started = StartAsync(world, late);
        var client = world.NewClient("alice");
        var isReady = await client.ConnectAsync();
        world.ExpectInTime(isReady == (late < world.Settings.ServicesTimeout), "A connection becomes ready if the services come before its deadline, and only then.");
        await started;
        if (!isReady)
        {
            await client.WhenClosed;
            world.ExpectInTime(client.Cause is { Length: > 0 }, "Who is refused is told why.");
            world.ExpectInTime(await client.ConnectAsync(), "Who was refused comes in when the services are there.");
        }

        client.Send();
        await client.WhenSettledAsync();
    }

    private static async Task StartAsync(World world, TimeSpan late)
    {
        await world.DelayAsync(late);
        world.Services.Set("supervisor", up: true);
    }
}
