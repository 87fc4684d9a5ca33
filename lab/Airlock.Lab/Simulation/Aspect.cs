namespace Airlock.Lab.Simulation;

/// <summary>What the surroundings are about; see <see cref="Surroundings"/>.</summary>
public enum Aspect
{
    /// <summary>How a client's application reads, and so how late it acknowledges: at once, a little later, slowly, or nothing for a while.</summary>
    Reading,

    /// <summary>Whether there is an optional service beside the scenario's required ones: none, one that is up, one that never answers, one that comes and goes.</summary>
    OptionalService,

    /// <summary>How long a session waits for its client: as the scenario has it, so short that it expires between two connections, or an hour.</summary>
    SessionTimeout,

    /// <summary>Who listens to the metrics and spans: to the gauges only, to everything, or somebody whose code throws.</summary>
    Listeners,

    /// <summary>Whether the first user comes back for a second session, an hour after everybody has left.</summary>
    Later,
}
