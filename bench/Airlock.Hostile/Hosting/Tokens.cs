using System.Security.Cryptography;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Airlock.Hostile.Hosting;

/// <summary>The issuer of the users' tokens.</summary>
internal sealed class Tokens
{
    public const string Issuer = "https://issuer.invalid";
    public const string Audience = "chat";
    private readonly SymmetricSecurityKey _key;

    /// <param name="key">The key of another process's tokens; null: one of its own.</param>
    public Tokens(string? key = null) => _key = new SymmetricSecurityKey(key is null ? RandomNumberGenerator.GetBytes(32) : Convert.FromBase64String(key));

    public string Key => Convert.ToBase64String(_key.Key);

    /// <summary>A token that is good for an hour.</summary>
    public string For(string user) => For(user, TimeSpan.FromHours(1));

    /// <param name="lifetime">How long it is good; negative: it has been over for that long.</param>
    public string For(string user, TimeSpan lifetime) => new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(new SecurityTokenDescriptor
    {
        Issuer = Issuer,
        Audience = Audience,
        Claims = new Dictionary<string, object> { ["sub"] = user },
        Expires = DateTime.UtcNow + lifetime,
        SigningCredentials = new SigningCredentials(_key, SecurityAlgorithms.HmacSha256),
    });
}
