namespace Airlock.Server.SignIn;

/// <summary>Section <c>SignIn</c>: who may come in.</summary>
public sealed class SignInOptions
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

    /// <summary>Where the local issuer keeps its key. Default: <c>data</c> beside the application's content.</summary>
    public string DataDirectory { get; set; } = "data";

    /// <summary>Whether tokens come from <see cref="Authority"/> instead of the local issuer.</summary>
    public bool IsOidc => !string.IsNullOrWhiteSpace(Authority);

    /// <summary>Whether the server is for this machine only: the local issuer is on, and nothing allows others to reach it.</summary>
    public bool IsLocalOnly => !IsOidc && !AllowRemote;

    /// <summary>What is wrong with the settings, in words; nothing if all is well.</summary>
    public IEnumerable<string> Faults()
    {
        if (IsOidc && !Uri.TryCreate(Authority, UriKind.Absolute, out _))
        {
            yield return "SignIn:Authority must be an absolute URL.";
        }

        if (string.IsNullOrWhiteSpace(Audience))
        {
            yield return "SignIn:Audience must not be empty.";
        }

        if (TokenLifetime < TimeSpan.FromSeconds(10) || TokenLifetime > TimeSpan.FromHours(1))
        {
            yield return "SignIn:TokenLifetime must be from 00:00:10 to 01:00:00.";
        }
    }
}
