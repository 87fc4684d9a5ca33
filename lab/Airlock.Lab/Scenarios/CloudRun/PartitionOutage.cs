using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;

namespace Airlock.Lab.Scenarios.CloudRun;

/// <summary>Twenty messages, 100 ms apart, over a network that is gone for two seconds in between. The client dials again, resumes, and nothing is lost, doubled or out of order.</summary>
public sealed class PartitionOutage : Scenario
{
    private const int Messages = 20;

    /// <inheritdoc/>
    public override string Name => "partition-outage";

    /// <inheritdoc/>
    public override Suite Suite => Suite.CloudRun;

    /// <inheritdoc/>
    public override string Category => "E2E GCP Staging Tests";

    /// <inheritdoc/>
    public override Difficulty Difficulty => Difficulty.High;

    /// <inheritdoc/>
    public override string Source => "incident 47";

    /// <inheritdoc/>
    public override string Claim => "Twenty messages over an outage of two seconds: each is handled once, in order, and every answer arrives.";

    /// <inheritdoc/>
    public override Checker Invariant { get; } = new ProtocolKept();

    /// <inheritdoc/>
    public override Red Red => Red.Of("replay-skipped");

    /// <inheritdoc/>
    public override Capabilities Needs => Capabilities.Sessions;

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        var client = world.NewClient("alice");
        world.ExpectInTime(await client.ConnectAsync(), "The connection becomes ready.");
        var before = world.Choose(5, 1, 10, 19);
        await SendAsync(world, client, before);
        // Some answers are on their way, or not even written.
        client.Handshake!.Silence();
        var talking = SendAsync(world, client, Messages - before);
        await world.DelayAsync(TimeSpan.FromSeconds(2));
        client.Handshake.Cut();
        await client.WhenClosed;
        await client.ConnectAsync();
        await talking;
        await client.SettleAsync(3);
        world.ExpectInTime(client.Unsettled == 0, "Every message is answered.");
    }

    private static async Task SendAsync(World world, Client client, int count)
    {
        for (var i = 0; i < count; i++)
        {
            client.Send();
            await world.DelayAsync(TimeSpan.FromMilliseconds(100));
        }
    }
}
