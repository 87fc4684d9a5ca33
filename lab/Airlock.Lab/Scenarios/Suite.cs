namespace Airlock.Lab.Scenarios;

/// <summary>A group of scenarios; its number is its priority: 1 runs first.</summary>
public enum Suite
{
    /// <summary>The incident's races, reproduced.</summary>
    Reproduction = 1,

    /// <summary>What Cloud Run does to connections.</summary>
    CloudRun = 2,

    /// <summary>What was closed with 1011.</summary>
    Close1011 = 3,

    /// <summary>The first suite's stimuli.</summary>
    Original = 4,

    /// <summary>The parts together, and the solution's own tests.</summary>
    Integration = 5,

    /// <summary>Races next door.</summary>
    Neighbours = 6,

    /// <summary>Over the wire.</summary>
    EndToEnd = 7,
}
