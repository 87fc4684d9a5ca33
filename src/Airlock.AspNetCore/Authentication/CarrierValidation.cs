using System.Globalization;
using System.Security.Claims;
using Airlock.Core;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace Airlock.AspNetCore;

/// <summary>Validates one carrier of a request by ASP.NET Core's own authentication schemes, in a fresh scope and a copy of the request that holds no other carrier.</summary>
/// <remarks>Schemes keep their result for the life of a request, so a copy for each validation is what makes carriers comparable and a refresh possible.</remarks>
internal sealed class CarrierValidation(IServiceScopeFactory scopes, TimeProvider time)
{
    private const string CaseSensitiveIdentity = "Microsoft.IdentityModel.Tokens.CaseSensitiveClaimsIdentity";

    /// <summary>Validates a token, as the <c>Authorization</c> header of a request without the cookies of cookie schemes.</summary>
    /// <returns>The outcome; null if no scheme found anything in it.</returns>
    internal async ValueTask<AuthenticationOutcome?> OfHeaderAsync(RequestCredentials request, string value, AuthorizationPolicy? policy, CancellationToken cancellationToken)
    {
        var found = await RunAsync(request, value, cookie: null, policy, cancellationToken);
        if (found.Accepted is null || found.Refused is null)
        {
            return found.Accepted ?? found.Refused;
        }

        // One scheme refuses it and another knows the user: by this header, or by something else that the request carries? Then the header is not valid, whatever else is.
        var without = await RunAsync(request, authorization: null, cookie: null, policy, cancellationToken);
        return without.Accepted is null ? found.Accepted : found.Refused;
    }

    /// <summary>Validates what a request carries besides tokens: its cookies, and whatever else schemes look at.</summary>
    /// <returns>The outcome; null if no scheme found anything in it.</returns>
    internal async ValueTask<AuthenticationOutcome?> OfRequestAsync(RequestCredentials request, string? cookie, AuthorizationPolicy? policy, CancellationToken cancellationToken)
    {
        var found = await RunAsync(request, authorization: null, cookie ?? "", policy, cancellationToken);
        return found.Accepted ?? found.Refused;
    }

    /// <summary>What the schemes take, in the words of their own challenges, which a 401 needs (RFC 9110 §11.6.1). Where a scheme's challenge has no words it stands there by its name.</summary>
    /// <remarks>Of a challenge nothing else is used: a cookie scheme's sends to a page that signs in.</remarks>
    internal async ValueTask<StringValues> ChallengesAsync(RequestCredentials request, AuthorizationPolicy? policy, CancellationToken cancellationToken)
    {
        List<string> challenges = [];
        // What chooses among schemes looks at the header that is, or is not, there.
        foreach (var authorization in (string?[])[null, "Bearer"])
        {
            await using var scope = scopes.CreateAsyncScope();
            var services = scope.ServiceProvider;
            if (services.GetService<IAuthenticationSchemeProvider>() is not { } schemes)
            {
                break;
            }

            var handlers = services.GetRequiredService<IAuthenticationHandlerProvider>();
            var context = request.Copy(services, cancellationToken);
            context.Request.Headers.Authorization = authorization;
            using var _ = RequestAccess.Enter(context);
            foreach (var name in await NamesAsync(schemes, policy))
            {
                var scheme = (await SchemeSettings.OfAsync(context, name)).Name;
                var handler = await handlers.GetHandlerAsync(context, scheme);
                if (handler is null or IAuthenticationRequestHandler)
                {
                    // One that signs in by pages elsewhere takes nothing that a request could carry; its challenge would fetch from there and leave cookies behind.
                    continue;
                }

                context.Response.Headers.WWWAuthenticate = default;
                await handler.ChallengeAsync(properties: null);
                var words = context.Response.Headers.WWWAuthenticate.OfType<string>().ToList();
                challenges.AddRange(words.Count > 0 ? words : handler is CookieAuthenticationHandler ? ["Cookie"] : scheme.All(IsTokenCharacter) ? [scheme] : []);
            }
        }

        // Where no scheme takes anything, nothing that is true can be named; but a 401 names something.
        return challenges.Count == 0 ? "Airlock" : challenges.Distinct().ToArray();
    }

    /// <summary>Whether a character may stand in a name of HTTP (RFC 9110 §5.6.2).</summary>
    private static bool IsTokenCharacter(char c) => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c, StringComparison.Ordinal);

    private async ValueTask<(AuthenticationOutcome? Accepted, AuthenticationOutcome? Refused)> RunAsync(
        RequestCredentials request, string? authorization, string? cookie, AuthorizationPolicy? policy, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var services = scope.ServiceProvider;
        if (services.GetService<IAuthenticationSchemeProvider>() is not { } schemes)
        {
            return default;
        }

        var context = request.Copy(services, cancellationToken);
        context.Request.Headers.Authorization = authorization;
        cookie ??= await WithoutOwnCookiesAsync(context.Request.Headers.Cookie.ToString(), schemes, services);
        context.Request.Headers.Cookie = cookie.Length == 0 ? default : cookie;
        using var _ = RequestAccess.Enter(context);
        // Of several schemes that a policy names all count, as on HTTP; else the first that knows the user.
        var isMerged = policy?.AuthenticationSchemes is { Count: > 0 };
        ClaimsPrincipal? user = null;
        AuthenticationOutcome? refused = null;
        DateTimeOffset? expires = null;
        var name = "";
        foreach (var scheme in await NamesAsync(schemes, policy))
        {
            AuthenticateResult result;
            try
            {
                result = await context.AuthenticateAsync(scheme);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested && Reachability.IsLost(e))
            {
                refused = CredentialFailure.Unavailable;
                continue;
            }

            if (result is { Succeeded: true, Principal: { } principal })
            {
                var settings = await SchemeSettings.OfAsync(context, result.Ticket.AuthenticationScheme);
                if (!TryGetEnd(principal, result.Properties, settings, out var end))
                {
                    refused = CredentialFailure.Graver(refused, AuthenticationOutcome.Refuse(CloseReason.TokenExpired));
                    continue;
                }

                expires = expires < end || end is null ? expires : end;
                // The newest identities first, as the authorization middleware merges them.
                user = user is null ? principal : new ClaimsPrincipal([.. principal.Identities, .. user.Identities.Where(static i => i.IsAuthenticated || i.Claims.Any())]);
                name = name.Length == 0 ? scheme : name;
                if (!isMerged)
                {
                    break;
                }
            }
            else if (result.Failure is { } failure)
            {
                refused = CredentialFailure.Graver(refused, await CredentialFailure.OutcomeOfAsync(failure, context, scheme, time.GetUtcNow()));
            }
        }

        return (user is null ? null : Accept(user, expires, name), refused);
    }

    private static async ValueTask<IEnumerable<string>> NamesAsync(IAuthenticationSchemeProvider provider, AuthorizationPolicy? policy)
    {
        if (policy?.AuthenticationSchemes is { Count: > 0 } names)
        {
            foreach (var name in names)
            {
                _ = await provider.GetSchemeAsync(name) ?? throw new InvalidOperationException($"No authentication scheme is named '{name}'.");
            }

            return names;
        }

        return await provider.GetDefaultAuthenticateSchemeAsync() is { } scheme ? [scheme.Name] : (await provider.GetAllSchemesAsync()).Select(static s => s.Name);
    }

    /// <summary>The cookies of a request but for those that sign a user in: an explicit credential is judged without them, and may depend on any other.</summary>
    private static async ValueTask<string> WithoutOwnCookiesAsync(string header, IAuthenticationSchemeProvider schemes, IServiceProvider services)
    {
        if (header.Length == 0)
        {
            return header;
        }

        var own = new List<string>();
        foreach (var scheme in await schemes.GetAllSchemesAsync())
        {
            if (scheme.HandlerType.IsAssignableTo(typeof(CookieAuthenticationHandler)) && services.GetRequiredService<IOptionsMonitor<CookieAuthenticationOptions>>().Get(scheme.Name).Cookie.Name is { } name)
            {
                own.Add(name);
            }
        }

        // A large one comes in pieces: nameC1, nameC2, …
        return string.Join("; ", header.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Where(pair => !own.Exists(name => pair.StartsWith(name, StringComparison.Ordinal))));
    }

    /// <summary>When credentials end: when their scheme says, and as much later as it lets clocks differ, as on HTTP.</summary>
    /// <returns>Whether that is still to come.</returns>
    private bool TryGetEnd(ClaimsPrincipal user, AuthenticationProperties? properties, SchemeSettings settings, out DateTimeOffset? end)
    {
        var said = properties?.ExpiresUtc;
        if (said is null && user.FindFirst("exp")?.Value is { } exp && long.TryParse(exp, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds < DateTimeOffset.MaxValue.ToUnixTimeSeconds())
        {
            said = DateTimeOffset.FromUnixTimeSeconds(seconds);
        }

        end = said is { } at && settings.GoesByExpiry && DateTimeOffset.MaxValue - at > settings.ClockSkew ? at + settings.ClockSkew : null;
        if (end > time.GetUtcNow() || end is null)
        {
            return true;
        }

        end = null;
        return settings.JudgesLifetimeItself;
    }

    private static AuthenticationOutcome Accept(ClaimsPrincipal user, DateTimeOffset? expires, string scheme)
    {
        var subject = user.FindFirst("sub")?.Value ?? user.FindFirst(ClaimTypes.NameIdentifier)?.Value;
        // Valid, but it names nobody whose connection this could be.
        return string.IsNullOrEmpty(subject)
            ? AuthenticationOutcome.Refuse(CloseReason.SubjectMissing)
            : AuthenticationOutcome.Accept(new Principal(user.FindFirst("iss")?.Value ?? scheme, subject) { Claims = WithoutToken(user) }, expires);
    }

    /// <summary>The claims alone: the identity that a JWT's validation makes holds the token and all that was parsed of it, for as long as the connection. Its clone does not.</summary>
    private static ClaimsPrincipal WithoutToken(ClaimsPrincipal user)
    {
        if (user.GetType() != typeof(ClaimsPrincipal) || !user.Identities.Any(static i => i.GetType().FullName == CaseSensitiveIdentity))
        {
            return user;
        }

        return new ClaimsPrincipal(user.Identities.Select(static from =>
        {
            if (from.GetType().FullName != CaseSensitiveIdentity || from.Actor is not null || from.BootstrapContext is not null)
            {
                return from;
            }

            var identity = from.Clone();
            foreach (var claim in identity.Claims.ToList())
            {
                identity.RemoveClaim(claim);
            }

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
}
