using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;

namespace Airlock.Lab.Scenarios.Integration;

/// <summary>The parts together: what the first test plan calls integration and solution validation.</summary>
public abstract class IntegrationScenario(string name, string source, string claim, Checker invariant, Red red) : Scenario
{
    /// <inheritdoc/>
    public sealed override string Name => name;

    /// <inheritdoc/>
    public sealed override Suite Suite => Suite.Integration;

    /// <inheritdoc/>
    public sealed override string Category => "Integration Tests";

    /// <inheritdoc/>
    public sealed override Difficulty Difficulty => Difficulty.Medium;

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
