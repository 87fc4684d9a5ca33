namespace Airlock.Core;

/// <summary>One of <c>saw</c>: how an earlier connection ended, as its client saw it.</summary>
public sealed record SeenClose
{
    /// <summary>The connection's id, as <c>open</c> told it.</summary>
    public required string Connection { get; init; }

    /// <summary>The close code: the server's, or what the client itself makes of an end (1006, 4902, 4903).</summary>
    public required int Code { get; init; }

    /// <summary>The client's name for why, in snake case, or null.</summary>
    public string? Cause { get; init; }

    /// <summary>How long nothing had been heard from the server, in milliseconds, or null.</summary>
    public long? Silence { get; init; }
}
