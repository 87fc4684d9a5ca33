using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;
using Airlock.Lab.Subjects.Legacy;

namespace Airlock.Lab.Scenarios.Reproduction;

/// <summary>Three users come from one environment within 20 ms. What was found out for one is not given to the next.</summary>
public sealed class SharedContexts() : Reproduced(
    "shared-contexts",
    "incident 5 and 18, §1.3 cached auth result",
    "Three users from one environment: nobody gets the context of another.",
    new OneContext(),
    Red.Of(LegacyFault.SharedAuthentication))
{
    private static readonly string[] _users = ["alice", "bob", "carol"];

    /// <inheritdoc/>
    public override Capabilities Needs => Capabilities.Authentication;

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        var ready = await Task.WhenAll(_users.Select(async (user, i) =>
        {
            await world.DelayAsync(TimeSpan.FromMilliseconds(10 * i));
            return await UseAsync(world.NewClient(user));
        }));
        world.ExpectInTime(ready.All(static isReady => isReady), "All three become ready.");
    }
}
