using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;
using Airlock.Lab.Subjects.Legacy;

namespace Airlock.Lab.Scenarios.CloudRun;

/// <summary>A container takes connections while its services are found one by one, 200 to 1000 ms late. A connection waits in AUTHENTICATED, and what its client sends meanwhile waits with it.</summary>
public sealed class ServiceDiscovery : Scenario
{
    /// <inheritdoc/>
    public override string Name => "service-discovery";

    /// <inheritdoc/>
    public override Suite Suite => Suite.CloudRun;

    /// <inheritdoc/>
    public override string Category => "E2E GCP Staging Tests";

    /// <inheritdoc/>
    public override Difficulty Difficulty => Difficulty.High;

    /// <inheritdoc/>
    public override string Source => "incident 7";

    /// <inheritdoc/>
    public override string Claim => "While services are discovered 200 to 1000 ms late, no message is handled; then every connection becomes ready, and its messages are answered.";

    /// <inheritdoc/>
    public override Checker Invariant { get; } = new NothingBeforeReady();

    /// <inheritdoc/>
    public override Red Red => Red.Of(LegacyFault.SleepingCoordinator);

    /// <inheritdoc/>
    public override Capabilities Needs => Capabilities.Services;

    /// <inheritdoc/>
    public override void SetUp(World world)
    {
        world.Services.Declare("supervisor", up: false);
        world.Services.Declare("threads", up: false);
    }

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        var found = Task.WhenAll(FindAsync(world, "supervisor"), FindAsync(world, "threads"));
        var clients = new[] { world.NewClient("alice"), world.NewClient("bob") };
        var connecting = clients.Select(static client => client.ConnectAsync()).ToArray();
        foreach (var client in clients)
        {
            client.Send();
        }

        var ready = await Task.WhenAll(connecting);
        world.ExpectInTime(ready.All(static r => r), "Both connections become ready.");
        await found;
        await Task.WhenAll(clients.Select(static client => client.WhenSettledAsync()));
        world.ExpectInTime(clients.All(static client => client.Unsettled == 0), "Every message is answered.");
    }

    private static async Task FindAsync(World world, string service)
    {
        await world.DelayAsync(TimeSpan.FromMilliseconds(world.Choose(200, 400, 600, 800, 1000)));
        world.Services.Set(service, up: true);
    }
}
