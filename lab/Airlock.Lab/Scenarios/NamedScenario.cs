using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;

namespace Airlock.Lab.Scenarios;

/// <summary>A scenario that says what it is when it is made.</summary>
/// <param name="suite">What it belongs to.</param>
/// <param name="category">The post-mortem's category.</param>
/// <param name="difficulty">The post-mortem's difficulty.</param>
/// <param name="name">Its name.</param>
/// <param name="source">Where it comes from.</param>
/// <param name="claim">What must hold.</param>
/// <param name="invariant">What checks it.</param>
/// <param name="red">Its red half.</param>
public abstract class NamedScenario(Suite suite, string category, Difficulty difficulty, string name, string source, string claim, Checker invariant, Red red) : Scenario
{
    /// <inheritdoc/>
    public sealed override string Name => name;

    /// <inheritdoc/>
    public sealed override Suite Suite => suite;

    /// <inheritdoc/>
    public sealed override string Category => category;

    /// <inheritdoc/>
    public sealed override Difficulty Difficulty => difficulty;

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
