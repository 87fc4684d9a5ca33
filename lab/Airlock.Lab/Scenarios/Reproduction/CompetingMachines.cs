using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects.Legacy;

namespace Airlock.Lab.Scenarios.Reproduction;

/// <summary>Eight connections of one user walk to ready at once. Each has one machine, and none disturbs another.</summary>
public sealed class CompetingMachines : Scenario
{
    /// <inheritdoc/>
    public override string Name => "competing-machines";

    /// <inheritdoc/>
    public override Suite Suite => Suite.Reproduction;

    /// <inheritdoc/>
    public override string Category => "Race Condition Reproduction Tests";

    /// <inheritdoc/>
    public override Difficulty Difficulty => Difficulty.High;

    /// <inheritdoc/>
    public override string Source => "incident 1";

    /// <inheritdoc/>
    public override string Claim => "Eight connections of one user at once: each has exactly one state machine, and all become ready.";

    /// <inheritdoc/>
    public override Checker Invariant { get; } = new OneMachinePerConnection();

    /// <inheritdoc/>
    public override Red Red => Red.Of(LegacyFault.SecondMachine);

    /// <inheritdoc/>
    public override async Task RunAsync(World world)
    {
        var clients = Enumerable.Range(0, 8).Select(_ => world.NewClient("alice")).ToArray();
        var ready = await Task.WhenAll(clients.Select(static client => client.ConnectAsync()));
        world.ExpectInTime(ready.All(static r => r), "All eight connections become ready.");
        foreach (var client in clients)
        {
            client.Send();
        }

        await Task.WhenAll(clients.Select(static client => client.WhenSettledAsync()));
    }
}
