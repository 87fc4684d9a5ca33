using Airlock.Lab.Subjects.Legacy;

namespace Airlock.Lab.Hosts;

/// <summary>How a subject is hosted.</summary>
internal sealed record HostSettings
{
    /// <summary>What is hosted.</summary>
    public required HostSubject Subject { get; init; }

    /// <summary>The faults of the legacy model. Default: none.</summary>
    public LegacyFault Faults { get; init; }

    /// <summary>Where to listen. Default: a free port of the loopback.</summary>
    public string Urls { get; init; } = "http://127.0.0.1:0";

    /// <summary>How long after the start the service comes up that connections wait for; null for never. Default: it is up.</summary>
    public TimeSpan? ServicesLate { get; init; } = TimeSpan.Zero;

    /// <summary>Completes when that service comes up, in place of <see cref="ServicesLate"/>, which is null then; null for none.</summary>
    public Func<CancellationToken, Task>? ServicesCome { get; init; }

    /// <summary>How long a connection waits for it. Default: 30 seconds.</summary>
    public TimeSpan ServicesTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long any other phase of a connection's start may take. Default: 10 seconds.</summary>
    public TimeSpan SetupTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long connections may take to move when the host stops. Default: 5 seconds. For Airlock.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The key that tokens are signed with (HMAC-SHA256, 32 bytes or more); null if there is none.</summary>
    public byte[]? JwtKey { get; init; }

    /// <summary>An OpenID Connect authority whose keys tokens are signed with; null if there is none. One that cannot be reached makes an outage.</summary>
    public string? JwtAuthority { get; init; }

    /// <summary>Whether a user must show a token. Without key and authority anybody may come in.</summary>
    public bool AsksForTokens => JwtKey is not null || JwtAuthority is not null;
}
