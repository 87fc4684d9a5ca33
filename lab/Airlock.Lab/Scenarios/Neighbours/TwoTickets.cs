using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;
using Airlock.Lab.Subjects.Legacy;

namespace Airlock.Lab.Scenarios.Neighbours;

/// <summary>Two connections show the same ticket at once. One comes in.</summary>
public sealed class TwoTickets() : Neighbour(
    "two-tickets",
    "incident §2.10, tickets",
    "A ticket lets one connection in, however many show it at once.",
    new Expectation(),
    Red.Of(LegacyFault.TicketReadThenDelete))
{
    /// <inheritdoc/>
    public override Capabilities Needs => Capabilities.Tickets;

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        var clients = new[] { world.NewClient("alice"), world.NewClient("alice") };
        foreach (var client in clients)
        {
            client.Token = "ticket:alice:1";
        }

        var ready = await Task.WhenAll(clients.Select(static client => client.ConnectAsync()));
        world.Expect(ready.Count(static isReady => isReady) <= 1, "At most one connection comes in with a ticket.");
        world.ExpectInTime(ready.Any(static isReady => isReady), "One connection comes in with a good ticket.");
    }
}
