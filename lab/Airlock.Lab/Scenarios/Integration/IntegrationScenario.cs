using Airlock.Lab.Checkers;

namespace Airlock.Lab.Scenarios.Integration;

/// <summary>The parts together: what the first test plan calls integration and solution validation.</summary>
public abstract class IntegrationScenario(string name, string source, string claim, Checker invariant, Red red)
    : NamedScenario(Suite.Integration, "Integration Tests", Difficulty.Medium, name, source, claim, invariant, red);
