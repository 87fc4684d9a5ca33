using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;
using Airlock.Lab.Subjects.Legacy;

namespace Airlock.Lab.Scenarios.Integration;

/// <summary>Parties that ask at once for steps of a connection's life, while it takes them: it is accepted, its user is looked up, its services come, its session is attached, and somebody wants it to drain, to leave or to end.</summary>
/// <remarks>
/// A machine that looks at its state, then waits for its lock, then goes where it was asked to, goes where it may not. The red half is the legacy model with such a wait between the check and the step, as a machine behind
/// an asynchronous lock has it: there a party is interrupted only where it awaits. Between the locks of the production driver the lab lets others go first as well.
/// </remarks>
/// <param name="name">The scenario's name.</param>
/// <param name="source">Where it comes from.</param>
/// <param name="claim">What must hold.</param>
public abstract class Callers(string name, string source, string claim) : IntegrationScenario(name, source, claim, new HistoryIsAPath(), Red.Of(LegacyFault.CheckOutsideLock))
{
    private static readonly TimeSpan _moment = TimeSpan.FromMilliseconds(1);

    /// <inheritdoc/>
    public override Capabilities Needs => Capabilities.Services | Capabilities.Disconnect;

    /// <inheritdoc/>
    public override void SetUp(World world)
    {
        ArgumentNullException.ThrowIfNull(world);
        world.Services.Declare("agent", world.Choose(false, true));
        world.Authority.Delay = _moment;
        world.Store.Delay(StoreCall.Attach, _moment);
    }

    /// <summary>Lets connections begin at once and callers ask, each at a moment of its own.</summary>
    /// <param name="world">The run's surroundings.</param>
    /// <param name="connections">How many connections.</param>
    /// <param name="callers">How many callers; they take the connections in turn.</param>
    protected static async Task RaceAsync(World world, int connections, int callers)
    {
        ArgumentNullException.ThrowIfNull(world);
        var clients = Enumerable.Range(1, connections).Select(i => world.NewClient($"user{i}")).ToArray();
        foreach (var client in clients)
        {
            client.Send();
        }

        var connecting = clients.Select(client => client.ConnectAsync(new DialOptions { AcceptDelay = world.Choose(TimeSpan.Zero, _moment) })).ToArray();
        var calls = Enumerable.Range(1, callers).Select(i => world.CallAsync($"caller {i}", () => CallAsync(world, clients[i % connections]))).ToArray();
        await Task.WhenAll(calls);
        world.Services.Set("agent", true);
        await Task.WhenAll(connecting);
        await Task.WhenAll(clients.Select(static client => client.WhenSettledAsync()));
    }

    private static async Task CallAsync(World world, Client client)
    {
        // From before the accept to after the message.
        await world.DelayAsync(_moment * world.Choose(2, 1, 3, 0, 4));
        switch (world.Choose("services come", "services flap", "disconnect", "close", "cut", "drain"))
        {
            case "services come":
                world.Services.Set("agent", true);
                break;
            case "services flap":
                world.Services.Set("agent", false);
                await Task.Yield();
                world.Services.Set("agent", true);
                break;
            case "disconnect":
                await world.Server.DisconnectAsync(client.User);
                break;
            case "close":
                await client.CloseAsync();
                break;
            case "cut":
                client.Handshake!.Cut();
                break;
            case "drain":
                await world.Server.DrainAsync(TimeSpan.FromSeconds(5));
                break;
        }
    }
}
