using Airlock.Lab.Simulation;

namespace Airlock.Lab.Subjects.Production;

/// <summary>The production driver and the .NET client, both as shipped.</summary>
public sealed class AirlockSubject : ISubject
{
    /// <inheritdoc/>
    public string Name => "airlock";

    /// <inheritdoc/>
    public bool TakesSurroundings => true;

    /// <inheritdoc/>
    public ISubjectServer Start(World world) => new AirlockSubjectServer(world);

    /// <inheritdoc/>
    public Client NewClient(World world, string name, string user) => new ShippedClient(world, name, user);

    /// <inheritdoc/>
    public Client NewPeer(World world, string name, string user) => new HostilePeer(world, name, user);
}
