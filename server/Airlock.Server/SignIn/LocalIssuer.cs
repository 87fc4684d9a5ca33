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

    /// <exception cref="OptionsValidationException">The key can be neither read nor kept there.</exception>
    private static ECDsa LoadOrMake(string path)
    {
        try
        {
            if (!File.Exists(path))
            {
                Make(path);
            }

            OnlyForOwner(path);
            var key = ECDsa.Create();
            key.ImportFromPem(File.ReadAllText(path));
            return key;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or CryptographicException or NotSupportedException)
        {
            throw new OptionsValidationException("SignIn", typeof(SignInOptions), [
                e is ArgumentException or CryptographicException
                    ? $"{path} is no key; delete it, and the next start makes a new one."
                    : $"SignIn:DataDirectory is '{Path.GetDirectoryName(path)}'; it must be a folder where the local issuer's key can be kept: {e.Message}"]);
        }
    }

    /// <summary>Made whole before it has its name, so that another start at the same time finds a whole one; the first one stays.</summary>
    private static void Make(string path)
    {
        var folder = Path.GetDirectoryName(path)!;
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var draft = Path.Combine(folder, Path.GetRandomFileName());
        var file = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            file.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (var writer = new StreamWriter(draft, file))
        {
            writer.Write(key.ExportPkcs8PrivateKeyPem());
        }

        try
        {
            File.Move(draft, path, overwrite: false);
        }
        catch (IOException) when (File.Exists(path))
        {
            File.Delete(draft);
        }
    }

    /// <summary>One that was copied here may have come with other rights.</summary>
    private static void OnlyForOwner(string path)
    {
        if (!OperatingSystem.IsWindows() && File.GetUnixFileMode(path) != (UnixFileMode.UserRead | UnixFileMode.UserWrite))
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    private static string KeyId(ECDsa key) => Base64UrlEncoder.Encode(SHA256.HashData(key.ExportSubjectPublicKeyInfo()).AsSpan(0, 12).ToArray());
}
