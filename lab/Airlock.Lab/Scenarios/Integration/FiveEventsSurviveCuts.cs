using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;

namespace Airlock.Lab.Scenarios.Integration;

/// <summary>The connection is cut at any of the five parts of an answer. The client comes back, and the answer is whole.</summary>
public sealed class FiveEventsSurviveCuts() : IntegrationScenario(
    "five-events-survive-cuts",
    "incident 26; the solution's own",
    "All five events of an answer survive the loss of the connection at any byte.",
    new ProtocolKept(),
    Red.Of("replay-skipped"))
{
    /// <inheritdoc/>
    public override void SetUp(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        base.SetUp(world);
        world.Application.Parts = 4;
    }

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        var client = world.NewClient("alice");
        client.Send();
        await client.ConnectAsync(new DialOptions { ToClient = new LinkFaults { CutAfter = world.Scheduler.Choose(1800), Cut = world.Choose(LinkCut.Reset, LinkCut.End) } });
        await client.SettleAsync(4);
        world.ExpectInTime(client.Unsettled == 0, "The whole answer arrives.");
        // What is missing of the first answer shows in the numbers of the next.
        client.Send();
        await client.SettleAsync(4);
        world.ExpectInTime(client.Unsettled == 0, "The next answer arrives.");
    }
}
