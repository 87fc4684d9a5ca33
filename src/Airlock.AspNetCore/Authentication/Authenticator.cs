using System.Globalization;
using System.Security.Claims;
using Airlock.Core;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.Tokens;

namespace Airlock.AspNetCore;

/// <summary>Finds out who a connection belongs to, by ASP.NET Core's own authentication schemes. Each carrier is validated by itself, in a fresh scope and request that carries nothing else.</summary>
/// <remarks>Schemes keep their result for the life of a request, so a request of its own for each validation is what makes carriers comparable and a refresh possible.</remarks>
internal sealed class Authenticator(IServiceScopeFactory scopes, Tickets tickets, TimeProvider time)
{
    private static readonly TimeSpan _unavailableRetryAfter = TimeSpan.FromSeconds(5);

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
        var policy = await request.Access.PolicyAsync(scope.ServiceProvider);
        var outcome = await ExplicitAsync(request, carried, hello, policy, cancellationToken);
        if (outcome is null && !refresh)
        {
            var cookie = carried.Cookie is { } value ? await ValidateAsync(request, "Cookie", value, policy, cancellationToken) : null;
            // A cookie comes along whether or not it is meant; where nobody has to be known, one that is not valid counts as none.
            outcome = cookie is { Principal: null } && request.Anonymous is not null ? null : cookie;
            outcome ??= request.Anonymous is { } subject ? AuthenticationOutcome.Accept(new Principal("anonymous", subject) { IsAnonymous = true }) : null;
        }

        return outcome switch
        {
            null => AuthenticationOutcome.Refuse(CloseReason.CredentialsMissing),
            { Principal: { } principal } when policy is not null && !await IsAuthorizedAsync(scope.ServiceProvider, principal.Claims, policy) => AuthenticationOutcome.Refuse(CloseReason.Forbidden),
            _ => outcome,
        };
    }

    /// <summary>All explicit carriers must name the same user; null if there are none.</summary>
    private async ValueTask<AuthenticationOutcome?> ExplicitAsync(
        RequestCredentials request, CarriedCredentials carried, HelloCredentials? hello, AuthorizationPolicy? policy, CancellationToken cancellationToken)
    {
        AuthenticationOutcome? agreed = null;
        // The same value in two carriers is one credential.
        foreach (var value in new[] { carried.Authorization, Bearer(carried.SubProtocolToken), Bearer(hello?.Token) }.OfType<string>().Distinct())
        {
            agreed = Agree(agreed, await ValidateAsync(request, "Authorization", value, policy, cancellationToken) ?? AuthenticationOutcome.Refuse(CloseReason.CredentialsMalformed));
        }

        if (carried.Ticket is not null)
        {
            agreed = Agree(agreed, carried.Ticketed ?? AuthenticationOutcome.Refuse(CloseReason.TicketInvalid));
        }

        if (hello?.Ticket is { } ticket && ticket != carried.Ticket)
        {
            agreed = Agree(agreed, tickets.Take(request.Endpoint, ticket) ?? AuthenticationOutcome.Refuse(CloseReason.TicketInvalid));
        }

        return agreed;
    }

    private static string? Bearer(string? token) => token is null ? null : $"Bearer {token}";

    private static AuthenticationOutcome Agree(AuthenticationOutcome? before, AuthenticationOutcome now)
    {
        if (before is null || now.Refused == CloseReason.AuthenticationUnavailable)
        {
            return now;
        }

        if (before.Refused == CloseReason.AuthenticationUnavailable)
        {
            return before;
        }

        return before.Principal is not null && before.Principal.Equals(now.Principal)
            ? before.Expires < now.Expires || now.Expires is null ? before : now
            : AuthenticationOutcome.Refuse(CloseReason.CredentialsConflict);
    }

    /// <summary>Validates one carrier's header by the policy's schemes, else by the default one, else by all.</summary>
    /// <returns>The outcome; null if no scheme found anything in it.</returns>
    private async ValueTask<AuthenticationOutcome?> ValidateAsync(RequestCredentials request, string header, string value, AuthorizationPolicy? policy, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var services = scope.ServiceProvider;
        if (services.GetService<IAuthenticationSchemeProvider>() is not { } schemes)
        {
            return null;
        }

        var context = NewContext(request, services, cancellationToken);
        context.Request.Headers[header] = value;
        CloseReason? refused = null;
        foreach (var scheme in await SchemesAsync(schemes, policy))
        {
            AuthenticateResult result;
            try
            {
                result = await context.AuthenticateAsync(scheme.Name);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested && CredentialFailure.IsUnreachable(e))
            {
                refused = CloseReason.AuthenticationUnavailable;
                continue;
            }

            if (result is { Succeeded: true, Principal: { } principal })
            {
                return Accept(principal, result.Properties, scheme.Name);
            }

            if (result.Failure is { } failure)
            {
                refused = CredentialFailure.Graver(refused, await CredentialFailure.ReasonOfAsync(failure, scheme, services, cancellationToken));
            }
        }

        return refused is null ? null : AuthenticationOutcome.Refuse(refused, refused == CloseReason.AuthenticationUnavailable ? _unavailableRetryAfter : null);
    }

    private static async ValueTask<IEnumerable<AuthenticationScheme>> SchemesAsync(IAuthenticationSchemeProvider provider, AuthorizationPolicy? policy)
    {
        if (policy?.AuthenticationSchemes is { Count: > 0 } names)
        {
            var schemes = new List<AuthenticationScheme>();
            foreach (var name in names)
            {
                schemes.Add(await provider.GetSchemeAsync(name) ?? throw new InvalidOperationException($"No authentication scheme is named '{name}'."));
            }

            return schemes;
        }

        return await provider.GetDefaultAuthenticateSchemeAsync() is { } scheme ? [scheme] : await provider.GetAllSchemesAsync();
    }

    private static DefaultHttpContext NewContext(RequestCredentials request, IServiceProvider services, CancellationToken cancellationToken)
    {
        var context = new DefaultHttpContext { RequestServices = services, RequestAborted = cancellationToken };
        context.Request.Method = HttpMethods.Get;
        context.Request.Scheme = request.Scheme;
        context.Request.Host = request.Host;
        context.Request.PathBase = request.PathBase;
        context.Request.Path = request.Path;
        return context;
    }

    private AuthenticationOutcome Accept(ClaimsPrincipal user, AuthenticationProperties? properties, string scheme)
    {
        var subject = user.FindFirst("sub")?.Value ?? user.FindFirst(ClaimTypes.NameIdentifier)?.Value;
        if (string.IsNullOrEmpty(subject))
        {
            // Valid, but it names nobody whose connection this could be.
            return AuthenticationOutcome.Refuse(CloseReason.TokenInvalid);
        }

        var expires = properties?.ExpiresUtc;
        if (user.FindFirst("exp")?.Value is { } exp && long.TryParse(exp, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds < DateTimeOffset.MaxValue.ToUnixTimeSeconds())
        {
            var at = DateTimeOffset.FromUnixTimeSeconds(seconds);
            expires = expires < at ? expires : at;
        }

        // Validation may allow for clocks that differ; the connection would end at once all the same.
        return expires <= time.GetUtcNow()
            ? AuthenticationOutcome.Refuse(CloseReason.TokenExpired)
            : AuthenticationOutcome.Accept(new Principal(user.FindFirst("iss")?.Value ?? scheme, subject) { Claims = WithoutToken(user) }, expires);
    }

    /// <summary>The claims alone: the identity that a JWT's validation makes holds the token and all that was parsed of it, for as long as the connection.</summary>
    private static ClaimsPrincipal WithoutToken(ClaimsPrincipal user)
    {
        if (user.GetType() != typeof(ClaimsPrincipal) || !user.Identities.All(static i => i is CaseSensitiveClaimsIdentity { Actor: null, BootstrapContext: null, Label: null }))
        {
            return user;
        }

        return new ClaimsPrincipal(user.Identities.Select(static from =>
        {
            var identity = new CaseSensitiveClaimsIdentity(from.AuthenticationType, from.NameClaimType, from.RoleClaimType);
            foreach (var claim in from.Claims)
            {
                // The names are nearly always known to the program already.
                var copy = new Claim(string.IsInterned(claim.Type) ?? claim.Type, claim.Value, claim.ValueType, claim.Issuer, claim.OriginalIssuer, identity);
                foreach (var (name, value) in claim.Properties)
                {
                    copy.Properties[name] = value;
                }

                identity.AddClaim(copy);
            }

            return identity;
        }));
    }

    private static async ValueTask<bool> IsAuthorizedAsync(IServiceProvider services, ClaimsPrincipal user, AuthorizationPolicy policy) =>
        (await services.GetRequiredService<IAuthorizationService>().AuthorizeAsync(user, resource: null, policy)).Succeeded;
}
