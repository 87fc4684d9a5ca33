using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;

namespace Airlock.Lab.Scenarios.Neighbours;

/// <summary>A handler shows parts of an answer, fails, and succeeds later. What the failed try showed is withdrawn.</summary>
public sealed class HandlerFails() : Neighbour(
    "handler-fails",
    "session invariant 5",
    "Everything provisional is confirmed or withdrawn, once, whatever fails.",
    new OneTry(),
    Red.Of("failed-try-stays"))
{
    /// <inheritdoc/>
    public override Capabilities Needs => Capabilities.Streaming | Capabilities.Failures | Capabilities.Sessions;

    /// <inheritdoc/>
    public override void SetUp(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        base.SetUp(world);
        world.Application.TellsEvents = true;
        world.Application.Failures = world.Choose(1, 2, 3, 4);
    }

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        var client = world.NewClient("alice");
        await client.ConnectAsync(new DialOptions { ToClient = new LinkFaults { CutAfter = world.Choose(true, false) ? null : world.Scheduler.Choose(1600), Cut = LinkCut.Reset } });
        client.Send();
        client.Send();
        await client.SettleAsync(3);
        world.ExpectInTime(client.Unsettled == 0, "Every message is answered or refused in the end.");
    }
}
