using Airlock.Server.Settings;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Options;

namespace Airlock.Server.SignIn;

/// <summary>Registers who may come in: tokens of the local issuer, or of an OpenID Connect authority.</summary>
public static class SignInServices
{
    /// <summary>Adds token validation, the page's cookie and the gate <c>token-keys</c>.</summary>
    public static IServiceCollection AddSignIn(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<SignInOptions>(configuration);
        services.AddSingleton<LocalIssuer>();
        services.AddLoopbackGuard();
        services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme)
            .AddJwtBearer()
            .AddCookie(options =>
            {
                options.Cookie.Name = "airlock";
                options.Cookie.HttpOnly = true;
                options.Cookie.SameSite = SameSiteMode.Strict;
                options.Events.OnRedirectToLogin = RefuseAsync;
                options.Events.OnRedirectToAccessDenied = RefuseAsync;
            });
        services.AddOptions<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme).Configure<IOptions<SignInOptions>, IServiceProvider>(Configure);
        services.AddAuthorization();
        services.AddHealthChecks().AddCheck<TokenKeysHealthCheck>("token-keys", tags: ["gate"]);
        return services;
    }

    private static void Configure(JwtBearerOptions bearer, IOptions<SignInOptions> options, IServiceProvider services)
    {
        bearer.MapInboundClaims = false;
        bearer.TokenValidationParameters.ValidAudience = options.Value.Audience;
        bearer.TokenValidationParameters.ClockSkew = TimeSpan.FromSeconds(5);
        bearer.TokenValidationParameters.NameClaimType = "name";
        if (options.Value.IsOidc)
        {
            bearer.Authority = options.Value.Authority;
            bearer.Audience = options.Value.Audience;
            bearer.RequireHttpsMetadata = !new Uri(options.Value.Authority!).IsLoopback;
        }
        else
        {
            bearer.TokenValidationParameters.ValidIssuer = LocalIssuer.Name;
            bearer.TokenValidationParameters.IssuerSigningKey = services.GetRequiredService<LocalIssuer>().Key;
        }
    }

    /// <summary>The page's calls are answered with a status, never sent to another page.</summary>
    private static Task RefuseAsync(Microsoft.AspNetCore.Authentication.RedirectContext<CookieAuthenticationOptions> context)
    {
        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        return Task.CompletedTask;
    }
}
