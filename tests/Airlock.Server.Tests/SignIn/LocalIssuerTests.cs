using Airlock.Server.SignIn;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Airlock.Server.Tests.SignIn;

public sealed class LocalIssuerTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("airlock-issuer-");
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task The_key_is_made_once_and_only_its_owner_can_read_it()
    {
        string token;
        using (var first = Issuer())
        {
            token = first.Issue("ann", "Ann");
        }

        var file = Path.Combine(_directory.FullName, "data", "issuer-key.pem");
        var made = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
        Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(file) == (UnixFileMode.UserRead | UnixFileMode.UserWrite));

        using var second = Issuer();
        Assert.Equal(made, await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
        var result = await new JsonWebTokenHandler().ValidateTokenAsync(token, new TokenValidationParameters
        {
            IssuerSigningKey = second.Key,
            ValidIssuer = LocalIssuer.Name,
            ValidAudience = "airlock-chat",
            ValidateLifetime = false,
        });
        Assert.True(result.IsValid, result.Exception?.Message);
    }

    [Fact]
    public void Unless_told_otherwise_the_key_lies_in_the_users_folder_for_data_wherever_the_server_is_started()
    {
        var folder = new SignInOptions().DataDirectory;
        Assert.True(Path.IsPathRooted(folder));
        Assert.Equal(Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "airlock-server"), folder);
    }

    [Fact]
    public void A_key_that_others_could_read_is_closed_to_them()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("No file modes here.");
            return;
        }

        Issuer().Dispose();
        var file = Path.Combine(_directory.FullName, "data", "issuer-key.pem");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.GetDirectoryName(file)!));
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        Issuer().Dispose();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }

    [Fact]
    public async Task Several_that_start_at_once_have_one_key()
    {
        var starts = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            using var issuer = Issuer();
            return issuer.Key.KeyId;
        })));
        Assert.Single(starts.Distinct());
        Assert.Single(_directory.EnumerateFiles("*", SearchOption.AllDirectories));
    }

    [Fact]
    public void A_file_that_is_no_key_is_said_to_be_none()
    {
        Directory.CreateDirectory(Path.Combine(_directory.FullName, "data"));
        var file = Path.Combine(_directory.FullName, "data", "issuer-key.pem");
        File.WriteAllText(file, "not a key");
        Assert.Equal([$"{file} is no key; delete it, and the next start makes a new one."], Assert.Throws<OptionsValidationException>(() => Issuer()).Failures);
    }

    [Fact]
    public void A_token_lasts_as_long_as_it_is_set()
    {
        using var issuer = Issuer(TimeSpan.FromSeconds(90));
        _time.Advance(TimeSpan.FromMinutes(1));
        var token = new JsonWebToken(issuer.Issue("ann", "Ann"));
        Assert.Equal(_time.GetUtcNow().UtcDateTime, token.ValidFrom);
        Assert.Equal(_time.GetUtcNow().UtcDateTime.AddSeconds(90), token.ValidTo);
    }

    public void Dispose() => _directory.Delete(recursive: true);

    private LocalIssuer Issuer(TimeSpan? lifetime = null)
    {
        var options = new SignInOptions { DataDirectory = "data" };
        options.TokenLifetime = lifetime ?? options.TokenLifetime;
        return new LocalIssuer(Options.Create(options), new HostingEnvironment { ContentRootPath = _directory.FullName }, _time);
    }
}
