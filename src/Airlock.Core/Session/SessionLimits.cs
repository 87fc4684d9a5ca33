namespace Airlock.Core;

/// <summary>How much a session may hold.</summary>
public sealed record SessionLimits
{
    /// <summary>How many of the client's messages may be stored and not done. From 1 to 4,096. Default: 64.</summary>
    public int Window { get; init; } = 64;

    /// <summary>How many entries the client may leave unacknowledged before writers pause. From 1 to 65,536. Default: 1,024.</summary>
    public int OutboxEntriesMax { get; init; } = 1024;

    /// <summary>How many payload bytes the client may leave unacknowledged before writers pause. From 1 KiB to 1 GiB. Default: 4 MiB.</summary>
    public long OutboxBytesMax { get; init; } = 4 * 1024 * 1024;
}
