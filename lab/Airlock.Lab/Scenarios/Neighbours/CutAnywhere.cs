using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;

namespace Airlock.Lab.Scenarios.Neighbours;

/// <summary>Two connections in a row are cut after any byte, in either direction, by an end, a reset or silence, while messages go both ways.</summary>
public sealed class CutAnywhere() : Neighbour(
    "cut-anywhere",
    "promise of sessions: nothing lost, doubled or reordered",
    "Whatever byte is the last, nothing is lost, doubled or reordered.",
    new Positions(),
    Red.Of("replay-skipped"))
{
    /// <inheritdoc/>
    public override Capabilities Needs => Capabilities.Push | Capabilities.Streaming | Capabilities.Sessions;

    /// <inheritdoc/>
    public override void SetUp(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        base.SetUp(world);
        world.Application.Parts = 2;
    }

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        // The one that finds a gap stops; the other takes what comes.
        var client = world.Choose(false, true) ? world.NewPeer("alice") : world.NewClient("alice");
        // Who sends before ready and is cut off before it hears of its session begins a second one, and the order of two sessions nobody promises.
        client.SendsEarly = false;
        for (var i = 0; i < 3; i++)
        {
            client.Send();
        }

        for (var i = 0; i < 2; i++)
        {
            if (await client.ConnectAsync(Faulty(world)))
            {
                await world.Server.PushAsync("alice", $"push {i}");
                client.Send();
                await Task.WhenAny(client.WhenClosed, client.WhenSettledAsync(), world.DelayAsync(TimeSpan.FromSeconds(30)));
            }
        }

        await client.ConnectAsync();
        await client.SettleAsync(3);
        world.ExpectInTime(client.Unsettled == 0, "Every message is answered in the end.");
    }

    private static DialOptions Faulty(World world)
    {
        var cut = world.Choose(LinkCut.End, LinkCut.Reset, LinkCut.Silence);
        return world.Choose(false, true)
            ? new DialOptions { ToServer = new LinkFaults { CutAfter = world.Scheduler.Choose(700), Cut = cut } }
            : new DialOptions { ToClient = new LinkFaults { CutAfter = world.Scheduler.Choose(1600), Cut = cut } };
    }
}
