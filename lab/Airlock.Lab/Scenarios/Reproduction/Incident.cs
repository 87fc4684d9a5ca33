using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects.Legacy;

namespace Airlock.Lab.Scenarios.Reproduction;

/// <summary>The incident itself: one user opens the chat and sends a message. On the legacy model with all its faults, first come first served, the log is the post-mortem's.</summary>
public sealed class Incident() : Reproduced(
    "incident",
    "incident §1.4, ordered minimal reproduction",
    "A connection that is accepted goes on from there: nothing begins again under another id, and its message is answered.",
    new HistoryIsAPath(),
    Red.Of(LegacyFault.FreshMachine))
{
    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        var client = world.NewClient("10594514");
        var connecting = client.ConnectAsync();
        client.Send();
        world.ExpectInTime(await connecting, "The connection becomes ready.");
        await client.WhenSettledAsync();
        world.ExpectInTime(client.Unsettled == 0, "The message is answered.");
    }
}
