using Airlock.Server.Settings;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Options;

namespace Airlock.Server.Live;

/// <summary>Who may look at the server: administrators, by a cookie of their own or a token that says so.</summary>
public static class LiveAccess
{
    /// <summary>The policy.</summary>
    public const string Policy = "administrator";

    /// <summary>The scheme of the cookie that the one-time link is exchanged for.</summary>
    public const string Scheme = "Administrator";

    /// <summary>Adds the policy, the cookie and what the live view needs.</summary>
    public static IServiceCollection AddLive(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<LiveOptions>(configuration);
        services.AddSingleton<LiveKey>();
        services.AddSingleton<LiveFeed>();
        services.AddAuthentication().AddCookie(Scheme);
        services.AddOptions<CookieAuthenticationOptions>(Scheme).Configure<IOptions<LiveOptions>>(static (options, live) =>
        {
            options.Cookie.Name = "airlock-live";
            options.Cookie.Path = LiveEndpoints.Path;
            options.Cookie.HttpOnly = true;
            options.Cookie.SameSite = SameSiteMode.Strict;
            options.ExpireTimeSpan = live.Value.SignInLifetime;
            options.SlidingExpiration = false;
        });
        services.AddOptions<AuthorizationOptions>().Configure<IOptions<LiveOptions>>(static (options, live) => options.AddPolicy(Policy, policy => policy
            .AddAuthenticationSchemes(Scheme, JwtBearerDefaults.AuthenticationScheme)
            .RequireAuthenticatedUser()
            .RequireAssertion(context => context.User.HasClaim(claim => claim.Type is "role" or "roles" && claim.Value == live.Value.Role))));
        return services;
    }
}
