using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects.Legacy;

namespace Airlock.Lab.Scenarios.Close1011;

/// <summary>The parts of the pipeline that serve HTTP sessions do not run, or run too late, on the way to a WebSocket. A connection does not depend on them.</summary>
/// <remarks>The pipeline itself is not in the simulation: both halves run on a real server, too (lab/Airlock.Lab.Hosts).</remarks>
public sealed class SessionMiddlewareOrder : Scenario
{
    /// <inheritdoc/>
    public override string Name => "session-middleware-order";

    /// <inheritdoc/>
    public override Suite Suite => Suite.Close1011;

    /// <inheritdoc/>
    public override string Category => "Race Condition Reproduction Tests";

    /// <inheritdoc/>
    public override Difficulty Difficulty => Difficulty.High;

    /// <inheritdoc/>
    public override string Source => "incident 10";

    /// <inheritdoc/>
    public override string Claim => "A connection does not depend on the HTTP session: whatever the order of the pipeline, it is never closed with 1011.";

    /// <inheritdoc/>
    public override Checker Invariant { get; } = new CloseCodes();

    /// <inheritdoc/>
    public override Red Red => Red.Of(LegacyFault.SessionMiddleware);

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        var clients = new[] { world.NewClient("alice"), world.NewClient("bob") };
        var ready = await Task.WhenAll(clients.Select(static client => client.ConnectAsync()));
        world.ExpectInTime(ready.All(static r => r), "Both connections become ready.");
        foreach (var client in clients)
        {
            client.Send();
        }

        await Task.WhenAll(clients.Select(static client => client.WhenSettledAsync()));
    }
}
