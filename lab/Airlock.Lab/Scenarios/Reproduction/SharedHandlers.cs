using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;
using Airlock.Lab.Subjects.Legacy;

namespace Airlock.Lab.Scenarios.Reproduction;

/// <summary>Three users are connected at once, and the first leaves. Nobody's messages are handled for another.</summary>
public sealed class SharedHandlers() : Reproduced(
    "shared-handlers",
    "incident §2.6, global router trap",
    "Each message is handled for the user who sent it, whoever came first.",
    new OneContext(),
    Red.Of(LegacyFault.SharedRouter))
{
    private static readonly string[] _users = ["alice", "bob", "carol"];

    /// <inheritdoc/>
    public override Capabilities Needs => Capabilities.Authentication;

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        var clients = _users.Select(world.NewClient).ToArray();
        var ready = await Task.WhenAll(clients.Select(static client => UseAsync(client)));
        world.ExpectInTime(ready.All(static isReady => isReady), "All three become ready.");
        await clients[0].LeaveAsync();
        clients[1].Send();
        clients[2].Send();
        await Task.WhenAll(clients[1].WhenSettledAsync(), clients[2].WhenSettledAsync());
    }
}
