using Airlock.Lab.Checkers;

namespace Airlock.Lab.Scenarios.Neighbours;

/// <summary>A race next door to the incident's: known from its surroundings, from other servers, or promised by our own sessions.</summary>
public abstract class Neighbour(string name, string source, string claim, Checker invariant, Red red)
    : NamedScenario(Suite.Neighbours, "Neighbouring races", Difficulty.High, name, source, claim, invariant, red);
