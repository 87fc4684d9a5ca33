using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;

namespace Airlock.Lab.Scenarios.Neighbours;

/// <summary>News that do not fit, for a client that is away or does not read, with cuts before and after it acknowledges.</summary>
public sealed class GapTold() : Neighbour(
    "gap-told",
    "centrifugal/centrifugo#165",
    "What a client is not given it is told of: each push is there or in a gap, once, over cuts too.",
    new Expectation(),
    Red.Of("gap-not-told"))
{
    /// <inheritdoc/>
    public override Capabilities Needs => Capabilities.Push | Capabilities.Sessions;

    /// <inheritdoc/>
    public override IReadOnlyList<Aspect> Fixed => [Aspect.Reading]; // It counts what the application was given by a moment.

    /// <inheritdoc/>
    public override void SetUp(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        base.SetUp(world);
        world.Settings = world.Settings with { OutboxMax = 3 };
    }

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        var client = world.NewClient("alice");
        await client.ConnectAsync();
        var pushes = 0;
        for (var round = 0; round < 2; round++)
        {
            if (world.Choose(true, false))
            {
                client.Handshake!.Cut();
                await client.WhenClosed;
            }

            for (var more = world.Choose(5, 1, 4); more > 0; more--)
            {
                await world.Server.PushAsync("alice", $"news {++pushes}");
            }

            if (client.WhenClosed.IsCompleted)
            {
                await client.ConnectAsync();
            }

            await world.DelayAsync(TimeSpan.FromMilliseconds(world.Choose(1, 0)));
        }

        // Whatever is on its way comes, and is acknowledged; then a message and its answer follow what was missed.
        await client.SettleAsync(2);
        await world.DelayAsync(TimeSpan.FromSeconds(1));
        client.Send();
        await client.SettleAsync(2);
        await world.DelayAsync(TimeSpan.FromSeconds(1));
        world.ExpectInTime(client.Unsettled == 0, "The message is answered.");
        world.ExpectInTime(client.SessionsLost > 0 || client.Pushed + client.Missed == pushes, "Each push is there or in a gap, once.");
    }
}
