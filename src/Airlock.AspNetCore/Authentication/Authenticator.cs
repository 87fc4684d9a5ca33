using System.Security.Claims;
using Airlock.Core;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Primitives;

namespace Airlock.AspNetCore;

/// <summary>Finds out who a connection belongs to, from all that its request and its first frame carried. Safe for concurrent use.</summary>
internal sealed class Authenticator(IServiceScopeFactory scopes, CarrierValidation validation, Tickets tickets, AnonymousUsers anonymous)
{
    private static readonly CloseReason[] _passing = [CloseReason.AuthenticationUnavailable, CloseReason.TokenNotYetValid, CloseReason.TokenExpired, CloseReason.TicketInvalid];

    /// <summary>The driver's <see cref="Authenticate"/>.</summary>
    internal ValueTask<AuthenticationOutcome> AuthenticateAsync(ConnectionRequest request, HelloCredentials? credentials, bool refresh, CancellationToken cancellationToken)
    {
        var of = (RequestCredentials)request.Credentials!;
        return AuthenticateAsync(of, refresh ? default : of.Take(), credentials, refresh, cancellationToken);
    }

    /// <summary>Validates what was carried, and then what the endpoint's policy says.</summary>
    internal async ValueTask<AuthenticationOutcome> AuthenticateAsync(
        RequestCredentials request, CarriedCredentials carried, HelloCredentials? hello, bool refresh, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var services = scope.ServiceProvider;
        var policy = await request.Place.Access.PolicyAsync(services);
        var (outcome, isUnread) = await ExplicitAsync(request, carried, hello, policy, cancellationToken);
        if (outcome is null && !refresh)
        {
            outcome = await ImpliedAsync(request, carried.Cookie, hello?.Resume, policy, cancellationToken);
        }

        return outcome switch
        {
            null => AuthenticationOutcome.Refuse(isUnread ? CloseReason.CredentialsMalformed : CloseReason.CredentialsMissing),
            { Principal: { } principal } when policy is not null => await AuthorizedAsync(request, services, principal.Claims, policy, cancellationToken) is { } refused ? AuthenticationOutcome.Refuse(refused, RetryAfter(refused)) : outcome,
            _ => outcome,
        };
    }

    /// <summary>What a 401 says would be taken.</summary>
    internal async ValueTask<StringValues> ChallengesAsync(RequestCredentials request, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var policy = await request.Place.Access.PolicyAsync(scope.ServiceProvider);
        return await validation.ChallengesAsync(request, policy, cancellationToken);
    }

    /// <summary>All explicit carriers must name the same user; null if there are none.</summary>
    private async ValueTask<(AuthenticationOutcome? Outcome, bool IsUnread)> ExplicitAsync(
        RequestCredentials request, CarriedCredentials carried, HelloCredentials? hello, AuthorizationPolicy? policy, CancellationToken cancellationToken)
    {
        if (carried.HasSeveralSubProtocolTokens)
        {
            return (AuthenticationOutcome.Refuse(CloseReason.CredentialsConflict), false);
        }

        AuthenticationOutcome? agreed = null;
        var isUnread = false;
        var given = new[] { Bearer(carried.SubProtocolToken), Bearer(hello?.Token) };
        // The same value in two carriers is one credential.
        foreach (var value in given.Append(carried.Authorization).OfType<string>().Distinct())
        {
            var outcome = await validation.OfHeaderAsync(request, value, policy, cancellationToken);
            if (outcome is null && !given.Contains(value))
            {
                // Nobody here reads such a header: it is meant for somebody on the way, as a proxy's Basic is.
                isUnread = true;
                continue;
            }

            agreed = Agree(agreed, outcome ?? AuthenticationOutcome.Refuse(CloseReason.CredentialsMalformed));
        }

        if (carried.Ticket is not null)
        {
            agreed = Agree(agreed, carried.Ticketed ?? AuthenticationOutcome.Refuse(CloseReason.TicketInvalid));
        }

        if (hello?.Ticket is { } ticket && ticket != carried.Ticket)
        {
            agreed = Agree(agreed, tickets.Take(request.Address, ticket) ?? AuthenticationOutcome.Refuse(CloseReason.TicketInvalid));
        }

        return (agreed, isUnread);
    }

    /// <summary>Who the user is by what comes along with the request, whether or not it is meant; null for nobody.</summary>
    private async ValueTask<AuthenticationOutcome?> ImpliedAsync(RequestCredentials request, string? cookie, ResumeRequest? resume, AuthorizationPolicy? policy, CancellationToken cancellationToken)
    {
        var outcome = await validation.OfRequestAsync(request, cookie, policy, cancellationToken);
        // Where nobody has to be known, what is not valid counts as none; what cannot be judged now may well be somebody's.
        return request.Anonymous is not { } proposed || outcome is { Principal: not null } || outcome?.Refused == CloseReason.AuthenticationUnavailable
            ? outcome
            : anonymous.Decide(request.Place.Endpoint.Name, proposed, resume);
    }

    private static string? Bearer(string? token) => token is null ? null : $"Bearer {token}";

    /// <summary>One outcome of two explicit credentials. What time or a new credential would mend is said first: only what is wrong for good is a conflict.</summary>
    private static AuthenticationOutcome Agree(AuthenticationOutcome? before, AuthenticationOutcome now)
    {
        if (before is null)
        {
            return now;
        }

        if (before.Principal is { } user && user.Equals(now.Principal))
        {
            return before.Expires < now.Expires || now.Expires is null ? before : now;
        }

        foreach (var passing in _passing)
        {
            if (before.Refused == passing || now.Refused == passing)
            {
                return before.Refused == passing ? before : now;
            }
        }

        return before.Refused is not null && before.Refused == now.Refused ? before : AuthenticationOutcome.Refuse(CloseReason.CredentialsConflict);
    }

    /// <summary>Asks the policy, which sees the request as on HTTP.</summary>
    /// <returns>Why the user may not come in; null if it may.</returns>
    private static async ValueTask<CloseReason?> AuthorizedAsync(RequestCredentials request, IServiceProvider services, ClaimsPrincipal user, AuthorizationPolicy policy, CancellationToken cancellationToken)
    {
        var context = request.Copy(services, cancellationToken);
        context.User = user;
        using var _ = RequestAccess.Enter(context);
        try
        {
            return (await services.GetRequiredService<IAuthorizationService>().AuthorizeAsync(user, context, policy)).Succeeded ? null : CloseReason.Forbidden;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && Reachability.IsLost(e))
        {
            return CloseReason.AuthenticationUnavailable;
        }
    }

    private static TimeSpan? RetryAfter(CloseReason reason) => reason == CloseReason.AuthenticationUnavailable ? CredentialFailure.Unavailable.RetryAfter : null;
}
