using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;

namespace Airlock.Lab.Scenarios.Neighbours;

/// <summary>A client sends numbers that are none: negative, zero, too large. It is told so, and nobody else notices.</summary>
public sealed class NegativeSequence() : Neighbour(
    "negative-sequence",
    "SignalR #69283",
    "A number that is none is refused for its own cause and breaks nothing.",
    new NoErrors(),
    Red.Of("negative-allowed"))
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
            ("""{"t":"data","s":-1,"id":"a","b":1}""", "sequence_invalid"),
            ("""{"t":"data","s":0,"id":"a","b":1}""", "sequence_invalid"),
            ("""{"t":"ack","a":-9007199254740991}""", "ack_invalid"),
            ("""{"t":"data","s":9007199254740992,"id":"a","b":1}""", "sequence_invalid"),
            ("""{"t":"stop","s":-7}""", "sequence_invalid"));
        client.SendRaw(frame);
        await Task.WhenAny(client.WhenClosed, world.DelayAsync(TimeSpan.FromSeconds(2)));
        world.ExpectInTime(client.Cause is null || client.Cause == cause, "A wrong number is refused for its own cause.");
        await friend.WhenSettledAsync();
    }
}
