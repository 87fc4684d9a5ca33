using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects.Legacy;

namespace Airlock.Lab.Scenarios.Reproduction;

/// <summary>The headline of the post-mortem, and nothing else: two users open the chat within a few milliseconds, and finding out who they are takes its time. Its red half logs the post-mortem's four lines for each.</summary>
/// <remarks>Three faults make it, and no two of them (the document of the incident tells what is missing without each).</remarks>
public sealed class ConnectingToServicesReady() : Reproduced(
    "connecting-to-services-ready",
    "the post-mortem's log; incident §0 and §1.4",
    "No connection is asked for SERVICES_READY while it is CONNECTING; it becomes ready, and its message is answered.",
    new Checkers.ConnectingToServicesReady(),
    Red.Of(Headline))
{
    /// <summary>What the post-mortem's headline takes: the machine that was accepted is thrown away, nobody looks at what is refused, and who never becomes ready is left without a word.</summary>
    public const LegacyFault Headline = LegacyFault.FreshMachine | LegacyFault.IgnoredTransitions | LegacyFault.SilentReturn;

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        world.Authority.Delay = TimeSpan.FromMilliseconds(world.Choose(0, 15));
        var first = UseAsync(world.NewClient("10594514"));
        await world.DelayAsync(TimeSpan.FromMilliseconds(world.Choose(0, 15)));
        var second = UseAsync(world.NewClient("alice"));
        // Both to their ends: one that is left to itself would go on when everybody has gone.
        var ready = await Task.WhenAll(first, second);
        world.ExpectInTime(ready[0] && ready[1], "Both connections become ready.");
    }
}
