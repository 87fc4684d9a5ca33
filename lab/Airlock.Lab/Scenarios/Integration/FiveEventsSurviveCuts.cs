using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;

namespace Airlock.Lab.Scenarios.Integration;

/// <summary>The connection is cut at any of the five events of an answer. The client comes back, and has heard them all, each once.</summary>
public sealed class FiveEventsSurviveCuts() : IntegrationScenario(
    "five-events-survive-cuts",
    "incident 26, §2.12; the solution's own",
    "All five events of an answer survive the loss of the connection at any byte, in order and each once.",
    new ProtocolKept(),
    Red.Of("replay-skipped"))
{
    /// <inheritdoc/>
    public override Capabilities Needs => Capabilities.Streaming | Capabilities.Sessions;

    /// <inheritdoc/>
    public override void SetUp(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        base.SetUp(world);
        world.Application.TellsEvents = true;
        // So that a client that was cut among the first four is back before the fifth.
        world.Application.Delay = TimeSpan.FromMilliseconds(20);
    }

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        var client = world.NewClient("alice");
        client.Send();
        await client.ConnectAsync(new DialOptions { ToClient = new LinkFaults { CutAfter = world.Scheduler.Choose(2400), Cut = world.Choose(LinkCut.Reset, LinkCut.End) } });
        await client.SettleAsync(4);
        world.ExpectInTime(client.Unsettled == 0, "The whole answer arrives.");
        // What is missing of the first answer shows in the numbers of the next.
        client.Send();
        await client.SettleAsync(4);
        world.ExpectInTime(client.Unsettled == 0, "The next answer arrives.");
    }
}
