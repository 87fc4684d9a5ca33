namespace Airlock.Core;

/// <summary><c>gate</c>: The state of a gate as a connection sees it.</summary>
public sealed record GateFrame
{
    /// <summary>The gate's name.</summary>
    public required string Name { get; init; }

    /// <summary>Whether connections wait for it.</summary>
    public required bool Required { get; init; }

    /// <summary><c>waiting</c>, <c>open</c>, <c>degraded</c> or <c>failed</c>.</summary>
    public required string State { get; init; }

    /// <summary>How long this connection has waited, in milliseconds.</summary>
    public required long Elapsed { get; init; }

    /// <summary>How much longer it will, or null after <c>ready</c>.</summary>
    public long? Deadline { get; init; }

    /// <summary>When the gate is looked at again, in milliseconds, or null.</summary>
    public long? RetryAfter { get; init; }
}
