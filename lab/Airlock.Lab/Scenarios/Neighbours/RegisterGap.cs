using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects.Legacy;

namespace Airlock.Lab.Scenarios.Neighbours;

/// <summary>Messages come while a connection changes hands in the index. There is no moment in which it is in none.</summary>
public sealed class RegisterGap() : Neighbour(
    "register-gap",
    "incident §1.3, missing entry",
    "A connection is in the index under its one id from before its accept to its end, without a gap.",
    new EverythingEnds(),
    Red.Of(LegacyFault.RegistryGap))
{
    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        var client = world.NewClient("alice");
        client.Send();
        await ServeAsync(world, client, world.NewClient("bob"));
    }
}
