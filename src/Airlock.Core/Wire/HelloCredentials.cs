using System.Text.Json.Serialization;

namespace Airlock.Core;

/// <summary>Credentials in <c>hello</c>: a token or a ticket; and a proof, which only says who an anonymous user is.</summary>
public sealed record HelloCredentials
{
    /// <summary>A token.</summary>
    public string? Token { get; init; }

    /// <summary>A one-time ticket.</summary>
    public string? Ticket { get; init; }

    /// <summary>
    /// The wish to resume, if it came with a proof and its session is there: not part of <c>auth</c> on the wire. Null else.
    /// </summary>
    [JsonIgnore]
    public ResumeRequest? Resume { get; init; }

    /// <summary>Says which is there, never what it is: this may end in a log.</summary>
    public override string ToString() => Token is not null ? "token" : Ticket is not null ? "ticket" : "proof";
}
