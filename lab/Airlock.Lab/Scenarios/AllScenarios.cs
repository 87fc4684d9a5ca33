using Airlock.Lab.Scenarios.Reproduction;

namespace Airlock.Lab.Scenarios;

/// <summary>Every scenario there is.</summary>
public static class AllScenarios
{
    /// <summary>The scenarios, in the order of their suites.</summary>
    public static IReadOnlyList<Scenario> List { get; } =
    [
        new CompetingMachines(),
    ];
}
