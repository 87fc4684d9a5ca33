using Microsoft.Extensions.Logging;

namespace Airlock;

/// <summary>What a server takes from outside: time, alarms, threads, chance and the log.</summary>
internal sealed class Platform(Clock clock, Entropy entropy, ILogger logger)
{
    internal Clock Clock { get; } = clock;

    internal Entropy Entropy { get; } = entropy;

    internal ILogger Logger { get; } = logger;

    internal Spawner Spawner { get; } = new();

    internal DeadlineQueue Deadlines { get; } = new(clock);
}
