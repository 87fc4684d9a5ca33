namespace Airlock.Core;

/// <summary><c>refresh</c>: From a server: credentials expire soon. From a client: new ones.</summary>
public sealed record RefreshFrame
{
    /// <summary>When the credentials expire, in milliseconds since 1970; set by a server.</summary>
    public long? By { get; init; }

    /// <summary>The new token; set by a client.</summary>
    public string? Token { get; init; }

    /// <summary>Leaves out the token: this may end in a log.</summary>
    public override string ToString() => By is null ? "refresh" : $"refresh by {By}";
}
