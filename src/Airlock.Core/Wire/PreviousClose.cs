namespace Airlock.Core;

/// <summary>How a session's last connection ended.</summary>
public sealed record PreviousClose
{
    /// <summary>That connection's id.</summary>
    public required string Connection { get; init; }

    /// <summary>Its close code.</summary>
    public required int Code { get; init; }

    /// <summary>Its cause.</summary>
    public required string Cause { get; init; }

    /// <summary>What it comes to with what the client saw; the names are in <c>docs/operating.md</c>. Null: an older server.</summary>
    public string? Explanation { get; init; }
}
