using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;

namespace Airlock.Lab.Scenarios.Reproduction;

/// <summary>One of the incident's own races.</summary>
public abstract class Reproduced(string name, string source, string claim, Checker invariant, Red red, Suite suite = Suite.Reproduction)
    : NamedScenario(suite, "Race Condition Reproduction Tests", Difficulty.High, name, source, claim, invariant, red)
{
    /// <summary>Lets some connections of one user begin one after the other, send one message each, and wait for what becomes of it.</summary>
    /// <param name="world">The run's surroundings.</param>
    /// <param name="count">How many.</param>
    /// <param name="apart">How far apart they begin.</param>
    protected static async Task ServeAsync(World world, int count, TimeSpan apart)
    {
        ArgumentNullException.ThrowIfNull(world);
        var clients = Enumerable.Range(0, count).Select(_ => world.NewClient("alice")).ToArray();
        var ready = await Task.WhenAll(clients.Select(async (client, i) =>
        {
            if (i > 0 && apart > TimeSpan.Zero)
            {
                await world.DelayAsync(apart * i);
            }

            return await UseAsync(client);
        }));
        world.ExpectInTime(ready.All(static isReady => isReady), "Every connection becomes ready.");
        world.ExpectInTime(clients.All(static client => client.Unsettled == 0), "Every message is answered.");
    }

    /// <summary>Connects, sends one message and waits for what becomes of it.</summary>
    /// <param name="client">Who.</param>
    /// <param name="options">How.</param>
    /// <returns>Whether the connection became ready.</returns>
    protected static async Task<bool> UseAsync(Client client, DialOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        var isReady = await client.ConnectAsync(options);
        if (isReady)
        {
            client.Send();
            await client.WhenSettledAsync();
        }

        return isReady;
    }
}
