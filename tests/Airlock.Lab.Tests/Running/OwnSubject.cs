using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;

namespace Airlock.Lab.Tests.Running;

/// <summary>What somebody else's library holds: a public subject with a constructor without parameters.</summary>
public sealed class OwnSubject : ISubject
{
    private readonly PlantedSubject _subject = new(isRacy: false);

    public string Name => "own";

    public ISubjectServer Start(World world) => _subject.Start(world);

    public Client NewClient(World world, string name, string user) => _subject.NewClient(world, name, user);
}
