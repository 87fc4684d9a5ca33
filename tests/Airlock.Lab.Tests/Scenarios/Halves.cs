using Airlock.Lab.Running;
using Airlock.Lab.Scenarios;
using Airlock.Lab.Scheduling;
using Airlock.Lab.Subjects.Legacy;
using Airlock.Lab.Subjects.Mutants;
using Airlock.Lab.Subjects.Production;

namespace Airlock.Lab.Tests;

/// <summary>The two halves of a scenario, as far as a test has time for them; the lab itself goes further.</summary>
internal static class Halves
{
    private const int Green = 20;
    private const int Red = 100;

    public static IEnumerable<string> Of(Suite suite) => AllScenarios.List.Where(scenario => scenario.Suite == suite).Select(static scenario => scenario.Name);

    public static void AssertGreen(string name)
    {
        var (scenario, strategy) = (Find(name), new RandomStrategy(1));
        for (var i = 0; i < Green; i++)
        {
            strategy.BeginRun();
            var run = Run.Once(scenario, new AirlockSubject(), strategy, timeRaces: i % 2 == 1);
            Assert.True(run.Violations.Count == 0, $"{run.Schedule}: {string.Join(" | ", run.Violations)}");
        }
    }

    public static void AssertRed(string name)
    {
        var scenario = Find(name);
        if (scenario.Red.Mutation is { } mutation)
        {
            var mutant = CompiledDriver.Of(mutation);
            var found = mutant.Explore(scenario, 1, Red, stopAtFirst: true);
            Assert.True(found.First > 0, $"{mutation} survives {found.Runs} schedules; it violated {string.Join(", ", found.Others)}.");
            return;
        }

        var strategy = new RandomStrategy(1);
        var others = new HashSet<string>();
        for (var i = 0; i < Red; i++)
        {
            strategy.BeginRun();
            var run = Run.Once(scenario, new LegacySubject(scenario.Red.Fault!.Value), strategy, timeRaces: i % 2 == 1);
            if (run.Violates(scenario.Invariant.Name))
            {
                return;
            }

            others.UnionWith(run.Violations.Select(static violation => violation.Checker));
        }

        Assert.Fail($"{scenario.Red} survives {Red} schedules; it violated {string.Join(", ", others)}.");
    }

    private static Scenario Find(string name) => AllScenarios.List.Single(scenario => scenario.Name == name);
}
