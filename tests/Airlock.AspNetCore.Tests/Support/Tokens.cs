using System.Security.Cryptography;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Airlock.AspNetCore.Tests;

/// <summary>An issuer of tokens, and the scheme that accepts them.</summary>
internal static class Tokens
{
    internal const string Issuer = "https://issuer.test";
    internal const string Audience = "chat";
    private static readonly SymmetricSecurityKey _key = new(RandomNumberGenerator.GetBytes(32));
    private static readonly SymmetricSecurityKey _otherKey = new(RandomNumberGenerator.GetBytes(32));

    internal static string For(string user, TimeSpan? lifetime = null, string audience = Audience, bool wrongKey = false, string? role = null, DateTimeOffset? until = null, DateTimeOffset? notBefore = null,
        DateTimeOffset? issued = null, string issuer = Issuer, SecurityKey? key = null, bool noEnd = false)
    {
        var now = DateTime.UtcNow;
        var expires = until?.UtcDateTime ?? (notBefore?.UtcDateTime ?? now) + (lifetime ?? TimeSpan.FromMinutes(5));
        var claims = new Dictionary<string, object> { ["sub"] = user, ["jti"] = Guid.NewGuid().ToString() };
        if (role is not null)
        {
            claims["role"] = role;
        }

        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = issuer,
            Audience = audience,
            Claims = claims,
            NotBefore = notBefore?.UtcDateTime ?? (expires < now ? expires : now).AddMinutes(-1),
            IssuedAt = issued?.UtcDateTime ?? (expires < now ? expires : now).AddMinutes(-1),
            Expires = noEnd ? null : expires,
            SigningCredentials = new SigningCredentials(key ?? (wrongKey ? _otherKey : _key), key is RsaSecurityKey ? SecurityAlgorithms.RsaSha256 : SecurityAlgorithms.HmacSha256),
        });
    }

    /// <summary>A good signature over claims as they are written.</summary>
    internal static string Of(string claims) => new JsonWebTokenHandler().CreateToken(claims, new SigningCredentials(_key, SecurityAlgorithms.HmacSha256));

    internal static void AddBearer(IServiceCollection services)
    {
        services.AddAuthentication().AddJwtBearer(Accept);
        services.AddAuthorization();
    }

    internal static void Accept(JwtBearerOptions options)
    {
        options.MapInboundClaims = false;
        options.TokenValidationParameters = new TokenValidationParameters
        {
            ValidIssuer = Issuer,
            ValidAudience = Audience,
            IssuerSigningKey = _key,
            ClockSkew = TimeSpan.Zero,
            RoleClaimType = "role",
        };
    }
}
