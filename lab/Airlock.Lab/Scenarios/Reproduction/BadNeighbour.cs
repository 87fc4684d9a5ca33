using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;
using Airlock.Lab.Subjects.Legacy;

namespace Airlock.Lab.Scenarios.Reproduction;

/// <summary>One client shows six bad tokens in a row. Another with a good one comes in.</summary>
public sealed class BadNeighbour() : Reproduced(
    "bad-neighbour",
    "incident §2.3, auth breaker",
    "What one client does wrong is not counted against another, and nobody is closed with 1011 for it.",
    new CloseCodes(),
    Red.Of(LegacyFault.SharedBreaker))
{
    /// <inheritdoc/>
    public override Capabilities Needs => Capabilities.Authentication;

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        var bad = world.NewClient("mallory");
        bad.Token = "expired";
        for (var dial = 0; dial < 6; dial++)
        {
            world.Expect(!await bad.ConnectAsync(), "A bad token lets nobody in.");
            await bad.WhenClosed;
        }

        world.ExpectInTime(await UseAsync(world.NewClient("alice")), "A good token lets its owner in.");
    }
}
