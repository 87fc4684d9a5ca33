namespace Airlock.Hostile.Hosting;

/// <summary>How the server is set up that is attacked. Everything not named has the library's default.</summary>
internal sealed record HostSettings
{
    /// <summary>The key of the users' tokens (HMAC-SHA256), as base64.</summary>
    public string Key { get; init; } = "";

    public double HelloSeconds { get; init; } = 10;

    public double GateSeconds { get; init; } = 30;

    public double IdleSeconds { get; init; } = 25;

    public double PongSeconds { get; init; } = 10;

    public double WriteSeconds { get; init; } = 15;

    public double CloseSeconds { get; init; } = 5;

    public double ResumeSeconds { get; init; } = 120;

    /// <summary>How long message ids and ended sessions are remembered.</summary>
    public double MemorySeconds { get; init; } = 3600;

    public double TicketSeconds { get; init; } = 30;

    public int TicketsMax { get; init; } = 10_000;

    public long OutboxBytesMax { get; init; } = 4 * 1024 * 1024;

    public int ConnectionsPerUserMax { get; init; } = 32;

    /// <summary>Everybody here comes from the loopback, so what is a limit for one address has to be one for all.</summary>
    public int ConnectionsPerAddressMax { get; init; } = 20_000;

    public int SessionsPerAddressMax { get; init; } = 100_000;

    /// <summary>How long Kestrel waits for a request's headers.</summary>
    public double RequestHeadersSeconds { get; init; } = 30;

    /// <summary>What the system may keep of what a client does not read, in bytes; 0 for its default.</summary>
    public int SendBuffer { get; init; }

    /// <summary>Whether the required gate is open at the start; else it opens when it is told to.</summary>
    public bool GateIsOpen { get; init; } = true;
}
