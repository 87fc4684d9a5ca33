using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;

namespace Airlock.Lab.Scenarios.Neighbours;

/// <summary>The stream hands out bytes singly or many writes at once, in both directions. Messages stay what they were.</summary>
public sealed class SplitReads() : Neighbour(
    "split-reads",
    "RFC 6455 §5.4; incident §4.5 lab ideas",
    "However a stream is cut into reads, the messages are the same.",
    new Expectation(),
    Red.Of("parts-overwritten"))
{
    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        var client = world.NewClient("alice");
        // More than a reader takes at once.
        client.Padding = world.Choose(5000, 0);
        await client.ConnectAsync(new DialOptions { ToServer = new LinkFaults { Splits = true }, ToClient = new LinkFaults { Splits = true } });
        for (var i = 0; i < 3; i++)
        {
            client.Send();
        }

        await client.WhenSettledAsync();
        world.Expect(client.Cause != "malformed_frame", "What was sent well is read well.");
        world.ExpectInTime(client.Unsettled == 0, "Every message is answered.");
    }
}
