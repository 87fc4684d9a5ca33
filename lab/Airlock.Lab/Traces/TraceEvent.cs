namespace Airlock.Lab.Traces;

/// <summary>One thing that happened, as the lab saw it.</summary>
/// <param name="Kind">What; also what the other fields mean.</param>
/// <param name="Connection">The connection as the network numbers it: <c>c1</c>, <c>c2</c>; empty if it concerns none.</param>
public readonly record struct TraceEvent(TraceKind Kind, string Connection)
{
    /// <summary>The step of the run, from 1.</summary>
    public int Step { get; init; }

    /// <summary>Virtual time since the run began.</summary>
    public TimeSpan At { get; init; }

    /// <summary>Whose step it was.</summary>
    public string Actor { get; init; } = "";

    /// <summary>See <see cref="TraceKind"/>.</summary>
    public string? Name { get; init; }

    /// <summary>See <see cref="TraceKind"/>.</summary>
    public string? From { get; init; }

    /// <summary>See <see cref="TraceKind"/>.</summary>
    public string? To { get; init; }

    /// <summary>See <see cref="TraceKind"/>.</summary>
    public long Number { get; init; }
}
