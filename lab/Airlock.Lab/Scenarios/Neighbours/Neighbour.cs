using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;

namespace Airlock.Lab.Scenarios.Neighbours;

/// <summary>A race next door to the incident's: known from its surroundings, from other servers, or promised by our own sessions.</summary>
public abstract class Neighbour(string name, string source, string claim, Checker invariant, Red red) : Scenario
{
    /// <inheritdoc/>
    public sealed override string Name => name;

    /// <inheritdoc/>
    public sealed override Suite Suite => Suite.Neighbours;

    /// <inheritdoc/>
    public sealed override string Category => "Neighbouring races";

    /// <inheritdoc/>
    public sealed override Difficulty Difficulty => Difficulty.High;

    /// <inheritdoc/>
    public sealed override string Source => source;

    /// <inheritdoc/>
    public sealed override string Claim => claim;

    /// <inheritdoc/>
    public sealed override Checker Invariant => invariant;

    /// <inheritdoc/>
    public sealed override Red Red => red;

    /// <summary>Lets some clients connect at once, send one message each and wait for what becomes of it.</summary>
    /// <param name="world">The run's surroundings.</param>
    /// <param name="clients">The clients.</param>
    protected static async Task ServeAsync(World world, params Client[] clients)
    {
        ArgumentNullException.ThrowIfNull(world);
        var ready = await Task.WhenAll(clients.Select(static async client =>
        {
            var isReady = await client.ConnectAsync();
            client.Send();
            await client.WhenSettledAsync();
            return isReady;
        }));
        world.ExpectInTime(ready.All(static isReady => isReady), "Every connection becomes ready.");
    }
}
