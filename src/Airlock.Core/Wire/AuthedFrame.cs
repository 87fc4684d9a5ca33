namespace Airlock.Core;

/// <summary><c>authed</c>: Who the user is, as the server sees it.</summary>
public sealed record AuthedFrame
{
    /// <summary>The subject; of an anonymous user its id.</summary>
    public string? User { get; init; }

    /// <summary>True for an anonymous user; else null.</summary>
    public bool? Anonymous { get; init; }

    /// <summary>When the credentials expire, in milliseconds since 1970, or null.</summary>
    public long? Expires { get; init; }

    /// <summary>By when to send new ones, in milliseconds since 1970, or null.</summary>
    public long? RefreshBefore { get; init; }

    /// <summary>How much data may arrive before <c>ready</c>, from now on.</summary>
    public required HoldCredit Hold { get; init; }
}
