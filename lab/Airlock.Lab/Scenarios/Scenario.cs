using Airlock.Lab.Checkers;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;

namespace Airlock.Lab.Scenarios;

/// <summary>A stimulus and the invariant that it puts to the test. The same stimulus serves every subject; no state is kept between runs.</summary>
public abstract class Scenario
{
    /// <summary>Its name on the command line: words with dashes.</summary>
    public abstract string Name { get; }

    /// <summary>What it belongs to.</summary>
    public abstract Suite Suite { get; }

    /// <summary>The post-mortem's category, as it writes it.</summary>
    public abstract string Category { get; }

    /// <summary>The post-mortem's difficulty.</summary>
    public abstract Difficulty Difficulty { get; }

    /// <summary>Where it comes from: the number in the incident's list of scenarios, or a public issue.</summary>
    public abstract string Source { get; }

    /// <summary>What must hold, in one sentence.</summary>
    public abstract string Claim { get; }

    /// <summary>The checker whose property the red half violates.</summary>
    public abstract Checker Invariant { get; }

    /// <summary>What must violate it.</summary>
    public abstract Red Red { get; }

    /// <summary>What a subject must be able to do so that the scenario says something about it. Default: no more than to take connections and answer messages.</summary>
    public virtual Capabilities Needs => Capabilities.None;

    /// <summary>What of the surroundings the scenario itself is about, or what would take away what it says. Default: nothing, so the world chooses all of it.</summary>
    public virtual IReadOnlyList<Aspect> Fixed => [];

    /// <summary>Sets the server up; called before it starts. The default is one service that is up.</summary>
    /// <param name="world">The run's surroundings.</param>
    public virtual void SetUp(World world) => world.Services.Declare("agent", up: true);

    /// <summary>Puts the stimulus. Afterwards the lab ends everything and checks.</summary>
    /// <param name="world">The run's surroundings, with a server that has started.</param>
    public abstract Task RunAsync(World world);
}
