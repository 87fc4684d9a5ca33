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
}
