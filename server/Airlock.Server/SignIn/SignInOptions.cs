using Airlock.Server.Settings;

namespace Airlock.Server.SignIn;

/// <summary>Section <c>SignIn</c>: who may come in.</summary>
public sealed class SignInOptions : ISettings
{
    /// <summary>An OpenID Connect authority whose tokens are accepted. Once it is set the local issuer is off. Default: none.</summary>
    public string? Authority { get; set; }

    /// <summary>The audience that tokens must be for. Default: <c>airlock-chat</c>.</summary>
    public string Audience { get; set; } = "airlock-chat";

    /// <summary>How long a token of the local issuer is valid. From 10 seconds to 1 hour. Default: 5 minutes.</summary>
    public TimeSpan TokenLifetime { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Whether the local issuer may be reached from other machines, by an address other than loopback, under another host name than <c>localhost</c>
    /// or through a proxy. Anybody who reaches it can sign in under any name. Default: false.
    /// </summary>
    public bool AllowRemote { get; set; }

    /// <summary>
    /// The folder in which the local issuer keeps its key, <c>issuer-key.pem</c>; made if it is not there. Relative to the host's content root (<c>--contentRoot</c>, else the working
    /// directory). Default: <c>airlock-server</c> in the user's folder for data of applications (<c>~/.local/share</c>, <c>%LOCALAPPDATA%</c>).
    /// </summary>
    public string DataDirectory { get; set; } = UsersData();

    /// <summary>Whether tokens come from <see cref="Authority"/> instead of the local issuer.</summary>
    public bool IsOidc => !string.IsNullOrWhiteSpace(Authority);

    /// <summary>Whether the server is for this machine only: the local issuer is on, and nothing allows others to reach it.</summary>
    public bool IsLocalOnly => !IsOidc && !AllowRemote;

    /// <inheritdoc/>
    public IEnumerable<string> Faults()
    {
        if (IsOidc && !(Uri.TryCreate(Authority, UriKind.Absolute, out var authority) && (authority.Scheme == Uri.UriSchemeHttps || (authority.Scheme == Uri.UriSchemeHttp && authority.IsLoopback))))
        {
            yield return $"SignIn:Authority is '{Authority}'; it must be the absolute https URL of an OpenID Connect authority (http only on this machine).";
        }

        if (string.IsNullOrWhiteSpace(Audience))
        {
            yield return "SignIn:Audience is empty; it must be the audience that tokens are for.";
        }

        if (string.IsNullOrWhiteSpace(DataDirectory) && !IsOidc)
        {
            yield return "SignIn:DataDirectory is empty, and there is no folder for this user's data; it must be where the local issuer's key can be kept.";
        }

        foreach (var fault in SettingsShape.OutOfRange("SignIn:TokenLifetime", TokenLifetime, TimeSpan.FromSeconds(10), TimeSpan.FromHours(1)))
        {
            yield return fault;
        }
    }

    private static string UsersData() => Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify) is { Length: > 0 } home
        ? Path.Combine(home, "airlock-server")
        : "";
}
