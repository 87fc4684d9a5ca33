using Airlock.Lab.Simulation;

namespace Airlock.Lab.Subjects.Legacy;

/// <summary>A model of the incident's endpoint, with the faults that are wanted.</summary>
/// <param name="faults">The faults; <see cref="LegacyFault.All"/> for the incident as it was.</param>
public sealed class LegacySubject(LegacyFault faults = LegacyFault.All) : ISubject
{
    /// <summary>Some faults as a command line has them, with plus signs between them.</summary>
    /// <param name="faults">The faults.</param>
    public static string NameOf(LegacyFault faults) => faults.ToString().Replace(", ", "+", StringComparison.Ordinal);

    /// <summary>The faults that are on.</summary>
    public LegacyFault Faults => faults;

    /// <inheritdoc/>
    public string Name => "legacy";

    /// <summary>It had no sessions, no drain, no pushes, and nothing that builds on them.</summary>
    public Capabilities Capabilities => Capabilities.Authentication | Capabilities.Causes | Capabilities.Services | Capabilities.Deadlines
        | Capabilities.Heartbeat | Capabilities.Disconnect | Capabilities.Streaming | Capabilities.Failures | Capabilities.Tickets;

    /// <inheritdoc/>
    public ISubjectServer Start(World world) => new LegacySubjectServer(world, faults);

    /// <inheritdoc/>
    public Client NewClient(World world, string name, string user) => new LegacyClient(world, name, user);
}
