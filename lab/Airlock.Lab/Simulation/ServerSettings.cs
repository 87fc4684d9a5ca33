namespace Airlock.Lab.Simulation;

/// <summary>How a subject's server is set up, in words that every subject understands.</summary>
public sealed record ServerSettings
{
    /// <summary>How long a connection may take to become ready, in all that the server decides. Default: 10 seconds a phase, as production has it.</summary>
    public TimeSpan SetupTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the server waits for services. Default: 30 seconds.</summary>
    public TimeSpan ServicesTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a session waits for its client. Default: 2 minutes. For subjects with sessions.</summary>
    public TimeSpan SessionTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How many messages of a client may be unfinished. Default: 16. For subjects with sessions.</summary>
    public int Window { get; init; } = 16;

    /// <summary>How many messages to a client may lie unacknowledged before whoever writes them waits. Default: 1,024. For subjects with sessions.</summary>
    public int OutboxMax { get; init; } = 1024;

    /// <summary>How many connections one user may have. Default: 32.</summary>
    public int ConnectionsPerUserMax { get; init; } = 32;

    /// <summary>How much virtual time a server has, at the end, to clean up after clients that left. Default: 5 minutes, more than a session waits.</summary>
    public TimeSpan GraceAtEnd { get; init; } = TimeSpan.FromMinutes(5);
}
