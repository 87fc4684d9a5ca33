using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace EchoServer;

/// <summary>Tokens that the targets accept: compact JWTs signed with HMAC-SHA256 (RFC 7515).</summary>
internal static class Token
{
    /// <summary>The issuer that is asked for.</summary>
    public const string Issuer = "airlock-bench";

    /// <summary>The audience that is asked for.</summary>
    public const string Audience = "echo";

    private static readonly string _header = Base64Url.EncodeToString("""{"alg":"HS256","typ":"JWT"}"""u8);

    /// <summary>Issues a token that is good for a day.</summary>
    /// <param name="key">The key, 32 bytes or more.</param>
    /// <param name="user">Whose it is; no character that JSON would have to escape.</param>
    public static string Issue(ReadOnlySpan<byte> key, string user)
    {
        var now = DateTimeOffset.UtcNow;
        var claims = FormattableString.Invariant(
            $$"""{"iss":"{{Issuer}}","aud":"{{Audience}}","sub":"{{user}}","iat":{{now.ToUnixTimeSeconds()}},"exp":{{now.AddDays(1).ToUnixTimeSeconds()}}}""");
        var signed = $"{_header}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims))}";
        return $"{signed}.{Base64Url.EncodeToString(HMACSHA256.HashData(key, Encoding.ASCII.GetBytes(signed)))}";
    }
}
