namespace Airlock.Server.Live;

/// <summary>Section <c>Live</c>: who may look at the server.</summary>
public sealed class LiveOptions
{
    /// <summary>Whether a start prints a link to the console that makes whoever opens it first an administrator. Default: true.</summary>
    public bool PrintLink { get; set; } = true;

    /// <summary>How long that link can be opened. From 1 second to 1 day. Default: 15 minutes.</summary>
    public TimeSpan LinkLifetime { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>How long one stays an administrator who opened it. From 1 minute to 7 days. Default: 12 hours.</summary>
    public TimeSpan SignInLifetime { get; set; } = TimeSpan.FromHours(12);

    /// <summary>The role, in the claim <c>role</c> or <c>roles</c>, of tokens whose owners are administrators. Default: <c>airlock-administrator</c>.</summary>
    public string Role { get; set; } = "airlock-administrator";

    /// <summary>What is wrong with the settings, in words; nothing if all is well.</summary>
    public IEnumerable<string> Faults()
    {
        if (LinkLifetime < TimeSpan.FromSeconds(1) || LinkLifetime > TimeSpan.FromDays(1))
        {
            yield return "Live:LinkLifetime must be from 00:00:01 to 1.00:00:00.";
        }

        if (SignInLifetime < TimeSpan.FromMinutes(1) || SignInLifetime > TimeSpan.FromDays(7))
        {
            yield return "Live:SignInLifetime must be from 00:01:00 to 7.00:00:00.";
        }

        if (string.IsNullOrWhiteSpace(Role))
        {
            yield return "Live:Role must not be empty.";
        }
    }
}
