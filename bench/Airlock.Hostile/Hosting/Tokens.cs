using System.Security.Cryptography;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Airlock.Hostile.Hosting;

/// <summary>The issuer of the users' tokens.</summary>
internal sealed class Tokens
{
    public const string Issuer = "https://issuer.invalid";
    public const string Audience = "chat";
    private readonly SymmetricSecurityKey _key = new(RandomNumberGenerator.GetBytes(32));

    public string Key => Convert.ToBase64String(_key.Key);

    /// <summary>A token that is good for an hour.</summary>
    public string For(string user) => new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(new SecurityTokenDescriptor
    {
        Issuer = Issuer,
        Audience = Audience,
        Claims = new Dictionary<string, object> { ["sub"] = user },
        Expires = DateTime.UtcNow.AddHours(1),
        SigningCredentials = new SigningCredentials(_key, SecurityAlgorithms.HmacSha256),
    });
}
