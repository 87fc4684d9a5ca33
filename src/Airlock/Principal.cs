using System.Security.Claims;

namespace Airlock;

/// <summary>Who a connection belongs to. Fixed for its life; sessions belong to it too.</summary>
/// <param name="Issuer">Who vouches for the subject.</param>
/// <param name="Subject">The user, unique within the issuer.</param>
public sealed record Principal(string Issuer, string Subject)
{
    /// <summary>The claims, for the application. Not part of the identity.</summary>
    public ClaimsPrincipal Claims { get; init; } = new();

    /// <summary>Whether nobody is known to stand behind it.</summary>
    public bool IsAnonymous { get; init; }

    /// <summary>The identity as one string: issuer and subject, different for different users whatever characters they hold.</summary>
    public string Key => $"{Issuer.Length}\n{Issuer}\n{Subject}";

    /// <summary>Whether it is the same user: same issuer, same subject.</summary>
    /// <param name="other">Somebody else.</param>
    public bool Equals(Principal? other) => other is not null && Issuer == other.Issuer && Subject == other.Subject;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Issuer, Subject);
}
