using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects.Legacy;

namespace Airlock.Lab.Scenarios.Neighbours;

/// <summary>Clients come and go, politely or cut off. Nothing stays behind.</summary>
public sealed class LeakedMachines() : Neighbour(
    "leaked-machines",
    "incident §1.2 phase 18, §3G 42",
    "After the last client has gone the server holds no connection, machine or context.",
    new EverythingEnds(),
    Red.Of(LegacyFault.LeakedMachines))
{
    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        for (var i = 0; i < 3; i++)
        {
            var client = world.NewClient("alice");
            await client.ConnectAsync();
            if (world.Choose(false, true))
            {
                client.Handshake!.Cut();
            }
            else
            {
                await client.CloseAsync();
            }

            await client.WhenClosed;
        }
    }
}
