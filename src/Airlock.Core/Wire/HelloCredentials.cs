namespace Airlock.Core;

/// <summary>Credentials in <c>hello</c>: one of the two.</summary>
public sealed record HelloCredentials
{
    /// <summary>A token.</summary>
    public string? Token { get; init; }

    /// <summary>A one-time ticket.</summary>
    public string? Ticket { get; init; }

    /// <summary>Says which is there, never what it is: this may end in a log.</summary>
    public override string ToString() => Token is null ? "ticket" : "token";
}
