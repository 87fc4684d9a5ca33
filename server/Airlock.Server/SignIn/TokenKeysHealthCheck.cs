using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Airlock.Server.SignIn;

/// <summary>The gate <c>token-keys</c>: whether tokens can be checked.</summary>
public sealed class TokenKeysHealthCheck(IOptionsMonitor<JwtBearerOptions> bearer, IOptions<SignInOptions> options) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (!options.Value.IsOidc)
        {
            return HealthCheckResult.Healthy("The local issuer's key is loaded.");
        }

        try
        {
            var keys = await bearer.Get(JwtBearerDefaults.AuthenticationScheme).ConfigurationManager!.GetConfigurationAsync(cancellationToken);
            return keys.SigningKeys.Count > 0
                ? HealthCheckResult.Healthy($"The authority has {keys.SigningKeys.Count} keys.")
                : HealthCheckResult.Unhealthy("The authority has published no keys.");
        }
        catch (Exception e) when (e is InvalidOperationException or HttpRequestException or IOException)
        {
            return HealthCheckResult.Unhealthy("The authority's keys cannot be had.", e);
        }
    }
}
