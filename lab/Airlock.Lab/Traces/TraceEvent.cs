using System.Text.Json.Serialization;

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

    /// <summary>Whether it is a line of a log whose level says that something went wrong, as whatever framework writes it: <c>Error</c>, <c>ERROR</c>, <c>Critical</c>, <c>fatal</c>.</summary>
    [JsonIgnore]
    public bool IsError => Kind == TraceKind.Logged && Name is { } level && _errors.Contains(level);

    private static readonly HashSet<string> _errors = new(["error", "critical", "fatal"], StringComparer.OrdinalIgnoreCase);
}
