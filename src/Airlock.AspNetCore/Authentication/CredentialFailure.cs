using Airlock.Core;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Http;

namespace Airlock.AspNetCore;

/// <summary>Why credentials were not accepted: the client's fault, or nobody's because time mends it, or ours because they cannot be validated now.</summary>
/// <remarks><i>Never</i> is said only of what cannot pass by itself. What the failures of bearer schemes mean is known by the names of their types (<see cref="SchemeSettings"/> says why).</remarks>
internal static class CredentialFailure
{
    private const string Tokens = "Microsoft.IdentityModel.Tokens.";
    private static readonly TimeSpan _notYetValidRetryAfterMin = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _notYetValidRetryAfterMax = TimeSpan.FromMinutes(5);

    /// <summary>Credentials that cannot be validated now.</summary>
    internal static AuthenticationOutcome Unavailable { get; } = AuthenticationOutcome.Refuse(CloseReason.AuthenticationUnavailable, RetryHints.Soon);

    /// <summary>What a scheme's failure stands for.</summary>
    /// <param name="failure">The failure.</param>
    /// <param name="context">The request that was validated.</param>
    /// <param name="scheme">The scheme that was asked.</param>
    /// <param name="now">The time.</param>
    internal static async ValueTask<AuthenticationOutcome> OutcomeOfAsync(Exception failure, HttpContext context, string scheme, DateTimeOffset now)
    {
        // Several validators of one scheme failed: what tells the client most.
        if (failure is AggregateException { InnerExceptions: { Count: > 0 } several })
        {
            AuthenticationOutcome? gravest = null;
            foreach (var one in several)
            {
                gravest = Graver(gravest, await OutcomeOfAsync(one, context, scheme, now));
            }

            return gravest!;
        }

        if (Reachability.IsLost(failure))
        {
            return Unavailable;
        }

        var settings = await SchemeSettings.OfAsync(context, scheme);
        if (settings.Options is CookieAuthenticationOptions cookies)
        {
            return AuthenticationOutcome.Refuse(await IsExpiredAsync(cookies, context, now) ? CloseReason.TokenExpired : CloseReason.TokenInvalid);
        }

        if (IsA(failure, Tokens + "SecurityTokenExpiredException"))
        {
            return AuthenticationOutcome.Refuse(CloseReason.TokenExpired);
        }

        if (IsA(failure, Tokens + "SecurityTokenNotYetValidException"))
        {
            var wait = (SchemeSettings.Of(failure, "NotBefore") is DateTime at ? new DateTimeOffset(DateTime.SpecifyKind(at, DateTimeKind.Utc)) - now : TimeSpan.Zero) - settings.ClockSkew;
            return AuthenticationOutcome.Refuse(CloseReason.TokenNotYetValid, wait < _notYetValidRetryAfterMin ? _notYetValidRetryAfterMin : wait > _notYetValidRetryAfterMax ? _notYetValidRetryAfterMax : wait);
        }

        if (IsA(failure, Tokens + "SecurityTokenMalformedException") || IsA(failure, Tokens + "SecurityTokenArgumentException") || failure is ArgumentException)
        {
            return AuthenticationOutcome.Refuse(CloseReason.CredentialsMalformed);
        }

        var lacksKey = IsA(failure, Tokens + "SecurityTokenSignatureKeyNotFoundException");
        // Of a token past its time the keys may be long gone; whatever else is wrong with it, a new one is needed.
        if (lacksKey && UnverifiedToken.Expiry(context.Request) <= now - settings.ClockSkew)
        {
            return AuthenticationOutcome.Refuse(CloseReason.TokenExpired);
        }

        // Without its metadata a scheme knows neither the keys nor the issuer, and may miss the issuer first.
        if (lacksKey || IsA(failure, Tokens + "SecurityTokenInvalidIssuerException"))
        {
            var keys = await settings.KeysAsync(context.RequestAborted);
            if (keys == SigningKeys.Missing || (lacksKey && keys == SigningKeys.Renewed))
            {
                return Unavailable;
            }
        }

        return AuthenticationOutcome.Refuse(CloseReason.TokenInvalid);
    }

    /// <summary>Of two refusals the one that tells the client most, in this order: cannot be validated now, not yet valid, expired, invalid, malformed.</summary>
    internal static AuthenticationOutcome Graver(AuthenticationOutcome? one, AuthenticationOutcome other) => one is null || Rank(other.Refused!) < Rank(one.Refused!) ? other : one;

    private static int Rank(CloseReason reason) =>
        reason == CloseReason.AuthenticationUnavailable ? 0 : reason == CloseReason.TokenNotYetValid ? 1 : reason == CloseReason.TokenExpired ? 2 : reason == CloseReason.TokenInvalid ? 3 : 4;

    private static bool IsA(Exception failure, string type)
    {
        for (var t = failure.GetType(); t is not null; t = t.BaseType)
        {
            if (t.FullName == type)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether a cookie that its scheme refused was one of its own and is past its time, or its entry in a session store is gone.</summary>
    private static async ValueTask<bool> IsExpiredAsync(CookieAuthenticationOptions options, HttpContext context, DateTimeOffset now)
    {
        if (options.Cookie.Name is not { } name || options.CookieManager.GetRequestCookie(context, name) is not { } cookie || options.TicketDataFormat.Unprotect(cookie) is not { } ticket)
        {
            return false;
        }

        return ticket.Properties.ExpiresUtc <= now
            || (options.SessionStore is { } store && ticket.Principal.FindFirst("Microsoft.AspNetCore.Authentication.Cookies-SessionId") is { } key && await store.RetrieveAsync(key.Value, context.RequestAborted) is null);
    }
}
