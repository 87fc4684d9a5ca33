using System.Net.Sockets;
using Airlock.Core;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;

namespace Airlock.AspNetCore;

/// <summary>Why credentials were not accepted: the client's fault, or ours because they cannot be validated now.</summary>
internal static class CredentialFailure
{
    /// <summary>The reason a scheme's failure stands for.</summary>
    internal static async ValueTask<CloseReason> ReasonOfAsync(Exception failure, AuthenticationScheme scheme, IServiceProvider services, CancellationToken cancellationToken)
    {
        var inner = failure is AggregateException { InnerExceptions: [var first, ..] } ? first : failure;
        return inner switch
        {
            SecurityTokenExpiredException => CloseReason.TokenExpired,
            SecurityTokenMalformedException or SecurityTokenArgumentException or ArgumentException => CloseReason.CredentialsMalformed,
            // Without its metadata a scheme knows neither the keys nor the issuer, and may miss the issuer first.
            SecurityTokenSignatureKeyNotFoundException or SecurityTokenInvalidIssuerException when await LacksKeysAsync(scheme, services, cancellationToken) => CloseReason.AuthenticationUnavailable,
            _ when IsUnreachable(inner) => CloseReason.AuthenticationUnavailable,
            _ => CloseReason.TokenInvalid,
        };
    }

    /// <summary>Of two schemes' reasons the one that tells the client most: what may pass first, then what is nearest to valid.</summary>
    internal static CloseReason Graver(CloseReason? one, CloseReason other) => one is null || Rank(other) < Rank(one) ? other : one;

    /// <summary>Whether somebody who was needed could not be reached.</summary>
    internal static bool IsUnreachable(Exception exception)
    {
        for (var e = exception; e is not null; e = e.InnerException)
        {
            if (e is HttpRequestException or IOException or SocketException or TimeoutException or OperationCanceledException)
            {
                return true;
            }
        }

        return false;
    }

    private static int Rank(CloseReason reason) =>
        reason == CloseReason.AuthenticationUnavailable ? 0 : reason == CloseReason.TokenExpired ? 1 : reason == CloseReason.TokenInvalid ? 2 : 3;

    /// <summary>Whether the scheme has no signing key at all: then no token could be validated, and this one may be a good one.</summary>
    private static async ValueTask<bool> LacksKeysAsync(AuthenticationScheme scheme, IServiceProvider services, CancellationToken cancellationToken)
    {
        if (!scheme.HandlerType.IsAssignableTo(typeof(JwtBearerHandler)))
        {
            return false;
        }

        var options = services.GetRequiredService<IOptionsMonitor<JwtBearerOptions>>().Get(scheme.Name);
        var parameters = options.TokenValidationParameters;
        if (parameters.IssuerSigningKey is not null || parameters.IssuerSigningKeys?.Any() == true
            || parameters.IssuerSigningKeyResolver?.Invoke(string.Empty, null, string.Empty, parameters)?.Any() == true)
        {
            return false;
        }

        if (options.ConfigurationManager is not { } manager)
        {
            return true;
        }

        try
        {
            return (await manager.GetConfigurationAsync(cancellationToken)).SigningKeys.Count == 0;
        }
        catch (Exception e) when (e is InvalidOperationException or IOException or HttpRequestException or TimeoutException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return true;
        }
    }
}
