using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;

namespace Airlock.Lab.Scenarios.Neighbours;

/// <summary>A client has all that was written, and is cut off before it says so. What its resume says makes room, and whoever waits for room has to hear of it.</summary>
public sealed class ResumeMakesRoom() : Neighbour(
    "resume-makes-room",
    "session: a full outbox pauses",
    "Room that a resume makes wakes whoever waits for it.",
    new Expectation(),
    Red.Of("room-kept-at-resume"))
{
    /// <inheritdoc/>
    public override IReadOnlyList<Aspect> Fixed => [Aspect.Reading]; // It counts on room that an application makes by reading.

    /// <inheritdoc/>
    public override void SetUp(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        base.SetUp(world);
        world.Application.Parts = 5;
        world.Settings = world.Settings with { OutboxMax = 3 };
    }

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        var client = world.NewClient("alice");
        await client.ConnectAsync();
        client.Send();
        // A client says what it has within a fifth of a second.
        await world.DelayAsync(TimeSpan.FromMilliseconds(world.Choose(100, 0, 199)));
        client.Handshake!.Cut();
        await client.WhenClosed;
        await client.ConnectAsync();
        await Task.WhenAny(client.WhenSettledAsync(), world.DelayAsync(TimeSpan.FromSeconds(20)));
        world.ExpectInTime(client.Unsettled == 0, "The answer arrives whole, without another message to wake it.");
    }
}
