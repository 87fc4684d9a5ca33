using Airlock.Lab.Simulation;

namespace Airlock.Lab.Subjects;

/// <summary>What the lab examines: a server and the clients that speak its protocol. One object serves many runs.</summary>
public interface ISubject
{
    /// <summary>Its name on the command line.</summary>
    string Name { get; }

    /// <summary>What it can do. Default: everything, so that nothing is left out by mistake.</summary>
    Capabilities Capabilities => Capabilities.All;

    /// <summary>Whether the world may surround it by more than the scenario says (<see cref="Surroundings"/>). Default: false.</summary>
    bool TakesSurroundings => false;

    /// <summary>Starts its server for one run. Called as a step of the party <c>server</c>, whose context everything belongs to that the server starts by itself.</summary>
    /// <param name="world">The run's surroundings. The server's clock is <c>world.Scheduler.Time</c>.</param>
    ISubjectServer Start(World world);

    /// <summary>Makes a client for one run.</summary>
    /// <param name="world">The run's surroundings.</param>
    /// <param name="name">The party's name.</param>
    /// <param name="user">Its user.</param>
    Client NewClient(World world, string name, string user);

    /// <summary>Makes a client for one run that need not keep the protocol's rules, where a subject has one; else an ordinary one.</summary>
    /// <param name="world">The run's surroundings.</param>
    /// <param name="name">The party's name.</param>
    /// <param name="user">Its user.</param>
    Client NewPeer(World world, string name, string user) => NewClient(world, name, user);
}
