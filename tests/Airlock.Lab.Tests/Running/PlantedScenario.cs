using Airlock.Lab.Checkers;
using Airlock.Lab.Scenarios;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects.Legacy;
using Airlock.Lab.Traces;

namespace Airlock.Lab.Tests.Running;

/// <summary>Two parties count at once. First come, first served loses nothing: the second one hesitates.</summary>
/// <param name="run">What to do instead.</param>
/// <param name="name">Its name.</param>
public sealed class PlantedScenario(Func<World, Task>? run = null, string name = "planted") : Scenario
{
    public override string Name => name;

    public override Suite Suite => Suite.Neighbours;

    public override string Category => "Planted";

    public override Difficulty Difficulty => Difficulty.Medium;

    public override string Source => "this test";

    public override string Claim => "Both counts count.";

    public override Checker Invariant { get; } = new Expectation();

    public override Red Red => Red.Of(LegacyFault.SecondMachine);

    public override async Task RunAsync(World world)
    {
        if (run is not null)
        {
            await run(world);
            return;
        }

        var server = (PlantedSubject.Server)world.Server;
        await Task.WhenAll(
            world.Scheduler.StartAsync(world.Scheduler.NewActor("a"), "counts", server.CountAsync),
            world.Scheduler.StartAsync(world.Scheduler.NewActor("b"), "hesitates", async () =>
            {
                await Task.Yield();
                await server.CountAsync();
            }));
        world.Expect(server.Count == 2, "Two counts are counted.");
    }

    // Found by the run itself, from what a scenario expects.
    private sealed class Expectation : Checker
    {
        public override string Name => "expectation";

        public override string Property => "What the scenario expects is so.";

        public override string? Check(Trace trace) => null;
    }
}
