using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;
using Airlock.Lab.Subjects.Legacy;

namespace Airlock.Lab.Scenarios.CloudRun;

/// <summary>Four containers start 50 to 150 ms apart, and each gets three connections within 50 ms. No connection shares an id or a machine with another, on its own container or elsewhere.</summary>
public sealed class AutoScaling : Scenario
{
    private const int Servers = 4;
    private const int ConnectionsEach = 3;

    /// <inheritdoc/>
    public override string Name => "auto-scaling";

    /// <inheritdoc/>
    public override Suite Suite => Suite.CloudRun;

    /// <inheritdoc/>
    public override string Category => "E2E GCP Staging Tests";

    /// <inheritdoc/>
    public override Difficulty Difficulty => Difficulty.High;

    /// <inheritdoc/>
    public override string Source => "incident 8";

    /// <inheritdoc/>
    public override string Claim => "Four containers with three connections each: twelve ids, twelve machines, and all twelve become ready.";

    /// <inheritdoc/>
    public override Checker Invariant { get; } = new OneMachinePerConnection();

    /// <inheritdoc/>
    public override Red Red => Red.Of(LegacyFault.OneSecondIds);

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        var clients = new List<Client>();
        var connecting = new List<Task<bool>>();
        for (var server = 0; server < Servers; server++)
        {
            if (server > 0)
            {
                await world.DelayAsync(TimeSpan.FromMilliseconds(world.Choose(50, 100, 150)));
                await world.StartServerAsync();
            }

            for (var i = 0; i < ConnectionsEach; i++)
            {
                var client = world.NewClient($"user{clients.Count + 1}");
                clients.Add(client);
                connecting.Add(ConnectAsync(world, client, server));
            }
        }

        var ready = await Task.WhenAll(connecting);
        world.ExpectInTime(ready.All(static r => r), "All twelve connections become ready.");
        await Task.WhenAll(clients.Select(static client => client.WhenSettledAsync()));
    }

    private static async Task<bool> ConnectAsync(World world, Client client, int server)
    {
        await world.DelayAsync(TimeSpan.FromMilliseconds(world.Choose(10, 30, 50)));
        var isReady = await client.ConnectAsync(new DialOptions { Server = server });
        client.Send();
        return isReady;
    }
}
