using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;

namespace Airlock.Lab.Scenarios.Neighbours;

/// <summary>A message arrives a second time under its number, as from a client that could not know that it had arrived.</summary>
public sealed class RepeatAfterCut() : Neighbour(
    "repeat-after-cut",
    "session: a repeat is no conflict",
    "A message that is sent again under its number is taken for what it is.",
    new Expectation(),
    Red.Of("repeat-is-conflict"))
{
    /// <inheritdoc/>
    public override Capabilities Needs => Capabilities.Sessions | Capabilities.Frames;

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        var client = world.NewClient("alice");
        await client.ConnectAsync();
        client.Send();
        await client.WhenSettledAsync();
        client.SendRaw("""{"t":"data","s":1,"id":"m1.1","b":"m1.1"}""");
        client.Send();
        await Task.WhenAny(client.WhenSettledAsync(), world.DelayAsync(TimeSpan.FromSeconds(20)));
        world.Expect(client.Cause != "sequence_conflict", "A repeat is not held against its client.");
    }
}
