using Airlock.Core;

namespace Airlock;

/// <summary>What authentication found: a principal, or a reason to refuse.</summary>
public sealed record AuthenticationOutcome
{
    private AuthenticationOutcome()
    {
    }

    /// <summary>The user, or null if refused.</summary>
    public Principal? Principal { get; private init; }

    /// <summary>When the credentials expire, or null for never.</summary>
    public DateTimeOffset? Expires { get; private init; }

    /// <summary>Why it was refused, or null.</summary>
    public CloseReason? Refused { get; private init; }

    /// <summary>When to come back, or null.</summary>
    public TimeSpan? RetryAfter { get; private init; }

    /// <summary>Makes the proof of a session of this user from its id (<see cref="Core.ReadyFrame.Proof"/>); null for a user who needs none. Called once for each attach; if it throws, that is logged, and the client gets no proof.</summary>
    public Func<string, string>? Prove { get; init; }

    /// <summary>A user was found.</summary>
    /// <param name="principal">Who.</param>
    /// <param name="expires">When the credentials expire, or null for never.</param>
    public static AuthenticationOutcome Accept(Principal principal, DateTimeOffset? expires = null) => new() { Principal = principal, Expires = expires };

    /// <summary>Refused.</summary>
    /// <param name="reason">Why: one of the reasons for credentials, <see cref="CloseReason.Forbidden"/> or <see cref="CloseReason.AuthenticationUnavailable"/>.</param>
    /// <param name="retryAfter">When to come back, or null.</param>
    public static AuthenticationOutcome Refuse(CloseReason reason, TimeSpan? retryAfter = null) => new() { Refused = reason, RetryAfter = retryAfter };
}
