using System.Security.Claims;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Airlock.Server.SignIn;

/// <summary>Issues short-lived tokens for trying the server out. Its key is made at the first start and kept in a file that only its owner can read.</summary>
public sealed class LocalIssuer : IDisposable
{
    /// <summary>The issuer named in its tokens.</summary>
    public const string Name = "airlock-local";

    private readonly ECDsa _key;
    private readonly SignInOptions _options;
    private readonly TimeProvider _time;

    public LocalIssuer(IOptions<SignInOptions> options, IHostEnvironment environment, TimeProvider time)
    {
        _options = options.Value;
        _time = time;
        _key = LoadOrMake(Path.Combine(environment.ContentRootPath, _options.DataDirectory, "issuer-key.pem"));
        Key = new ECDsaSecurityKey(_key) { KeyId = KeyId(_key) };
    }

    /// <summary>The key that its tokens are checked with.</summary>
    public SecurityKey Key { get; }

    /// <summary>Issues a token.</summary>
    /// <param name="subject">The user.</param>
    /// <param name="name">The name to show.</param>
    public string Issue(string subject, string name)
    {
        var now = _time.GetUtcNow();
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = Name,
            Audience = _options.Audience,
            IssuedAt = now.UtcDateTime,
            NotBefore = now.UtcDateTime,
            Expires = (now + _options.TokenLifetime).UtcDateTime,
            Subject = new ClaimsIdentity([new Claim(JwtRegisteredClaimNames.Sub, subject), new Claim(JwtRegisteredClaimNames.Name, name)]),
            SigningCredentials = new SigningCredentials(Key, SecurityAlgorithms.EcdsaSha256),
        });
    }

    public void Dispose() => _key.Dispose();

    private static ECDsa LoadOrMake(string path)
    {
        var key = ECDsa.Create();
        if (File.Exists(path))
        {
            key.ImportFromPem(File.ReadAllText(path));
            return key;
        }

        key.GenerateKey(ECCurve.NamedCurves.nistP256);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var file = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            file.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var writer = new StreamWriter(path, file);
        writer.Write(key.ExportPkcs8PrivateKeyPem());
        return key;
    }

    private static string KeyId(ECDsa key) => Base64UrlEncoder.Encode(SHA256.HashData(key.ExportSubjectPublicKeyInfo()).AsSpan(0, 12).ToArray());
}
