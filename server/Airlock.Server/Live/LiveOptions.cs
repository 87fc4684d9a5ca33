using Airlock.Server.Settings;

namespace Airlock.Server.Live;

/// <summary>Section <c>Live</c>: who may look at the server.</summary>
public sealed class LiveOptions : ISettings
{
    /// <summary>Whether a start prints a link to the console that makes whoever opens it first an administrator. Default: true.</summary>
    public bool PrintLink { get; set; } = true;

    /// <summary>How long that link can be opened. From 1 second to 1 day. Default: 15 minutes.</summary>
    public TimeSpan LinkLifetime { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>How long one stays an administrator who opened it. From 1 minute to 7 days. Default: 12 hours.</summary>
    public TimeSpan SignInLifetime { get; set; } = TimeSpan.FromHours(12);

    /// <summary>The role, in the claim <c>role</c> or <c>roles</c>, of tokens whose owners are administrators. Default: <c>airlock-administrator</c>.</summary>
    public string Role { get; set; } = "airlock-administrator";

    /// <inheritdoc/>
    public IEnumerable<string> Faults() =>
    [
        .. SettingsShape.OutOfRange("Live:LinkLifetime", LinkLifetime, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)),
        .. SettingsShape.OutOfRange("Live:SignInLifetime", SignInLifetime, TimeSpan.FromMinutes(1), TimeSpan.FromDays(7)),
        .. string.IsNullOrWhiteSpace(Role) ? ["Live:Role is empty; it must be the value of a claim."] : Array.Empty<string>(),
    ];
}
