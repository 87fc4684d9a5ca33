using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;

namespace Airlock.Lab.Scenarios.Neighbours;

/// <summary>A client acknowledges what was never sent, or takes an acknowledgement back. It is told so.</summary>
public sealed class AckBeyondSent() : Neighbour(
    "ack-beyond-sent",
    "SignalR #69283; session invariant 2",
    "An acknowledgement beyond what was sent, or backward, is refused for its own cause and breaks nothing.",
    new NoErrors(),
    Red.Of("ack-beyond-allowed"))
{
    /// <inheritdoc/>
    public override Capabilities Needs => Capabilities.Frames;

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        var client = world.NewClient("mallory");
        var friend = world.NewClient("alice");
        await Task.WhenAll(client.ConnectAsync(), friend.ConnectAsync());
        friend.Send();
        var (frame, cause) = world.Choose(
            ("""{"t":"ack","a":1000}""", "ack_invalid"),
            ("""{"t":"data","s":1,"id":"a","b":1,"a":7}""", "ack_invalid"),
            ("""[{"t":"ack","a":9007199254740991},{"t":"bye"}]""", "ack_invalid"));
        client.SendRaw(frame);
        await Task.WhenAny(client.WhenClosed, world.DelayAsync(TimeSpan.FromSeconds(2)));
        world.ExpectInTime(client.Cause is null || client.Cause == cause, "A wrong number is refused for its own cause.");
        await friend.WhenSettledAsync();
    }
}
