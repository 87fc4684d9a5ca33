using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Airlock.Lab.Wire;

/// <summary>Tokens that the lab's hosts accept when they are given the same key: compact JWTs, signed with HMAC-SHA256 (RFC 7515, RFC 7518 §3.2).</summary>
public static class LabToken
{
    /// <summary>The issuer that the hosts ask for.</summary>
    public const string Issuer = "airlock-lab";

    /// <summary>The audience that the hosts ask for.</summary>
    public const string Audience = "chat";

    /// <summary>Issues a token.</summary>
    /// <param name="key">The key, 32 bytes or more.</param>
    /// <param name="user">Whose it is.</param>
    /// <param name="expires">When it ends; in the past for one that has expired.</param>
    public static string Issue(ReadOnlySpan<byte> key, string user, DateTimeOffset expires)
    {
        var claims = new Dictionary<string, object>
        {
            ["iss"] = Issuer,
            ["aud"] = Audience,
            ["sub"] = user,
            ["jti"] = Guid.NewGuid().ToString("n"),
            ["iat"] = expires.AddDays(-1).ToUnixTimeSeconds(),
            ["exp"] = expires.ToUnixTimeSeconds(),
        };
        var signed = $"{Base64Url.EncodeToString("""{"alg":"HS256","typ":"JWT"}"""u8)}.{Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(claims))}";
        return $"{signed}.{Base64Url.EncodeToString(HMACSHA256.HashData(key, Encoding.ASCII.GetBytes(signed)))}";
    }
}
