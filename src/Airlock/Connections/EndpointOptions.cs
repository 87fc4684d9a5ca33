using Airlock.Core;

namespace Airlock;

/// <summary>How one endpoint behaves. Checked by <see cref="Validate"/> when the endpoint is made; not changed afterwards.</summary>
public sealed record EndpointOptions
{
    /// <summary>How long each phase of a connection may take. A deadline may be noticed up to 100 milliseconds late, since those that come close together are noticed together.</summary>
    public LifecycleTimeouts Timeouts { get; init; } = new();

    /// <summary>How much a session may hold.</summary>
    public SessionLimits Session { get; init; } = new();

    /// <summary>The largest message a client may send, in bytes. From 1 KiB to 16 MiB. Default: 64 KiB. Then <see cref="CloseReason.MessageTooLarge"/>.</summary>
    public int MessageBytesMax { get; init; } = 64 * 1024;

    /// <summary>How many messages are held before the user is known. From 0 to 4,096. Default: 8. Then <see cref="CloseReason.EarlyDataOverflow"/>.</summary>
    public int HoldMessagesBeforeAuthentication { get; init; } = 8;

    /// <summary>How many payload bytes are held before the user is known. From 0 to 16 MiB. Default: 16 KiB. Then <see cref="CloseReason.EarlyDataOverflow"/>.</summary>
    public int HoldBytesBeforeAuthentication { get; init; } = 16 * 1024;

    /// <summary>How many messages are held before ready, in all. From 0 to 4,096. Default: 64. Then <see cref="CloseReason.EarlyDataOverflow"/>.</summary>
    public int HoldMessagesMax { get; init; } = 64;

    /// <summary>How many payload bytes are held before ready, in all. From 0 to 16 MiB. Default: 256 KiB. Then <see cref="CloseReason.EarlyDataOverflow"/>.</summary>
    public int HoldBytesMax { get; init; } = 256 * 1024;

    /// <summary>How many tries a turn gets. From 1 to 100. Default: 3. Then a <c>nack</c> with <c>handler_failed</c>.</summary>
    public int TriesMax { get; init; } = 3;

    /// <summary>How long to wait before the second try; doubles for each further one. From 0 to 1 minute. Default: 100 milliseconds.</summary>
    public TimeSpan TryDelay { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How many payload bytes one turn may stage for its commit. From 1 KiB to 64 MiB. Default: 1 MiB. Then the call that stages throws.</summary>
    public int StagedBytesMax { get; init; } = 1024 * 1024;

    /// <summary>How many connections one user may have open. From 1 to 1,000,000. Default: 32. Then <see cref="CloseReason.ConnectionLimit"/>.</summary>
    public int ConnectionsPerUserMax { get; init; } = 32;

    /// <summary>How many connections one address may have open. From 1 to 1,000,000. Default: 1,000. Then <see cref="CloseReason.AddressLimit"/>.</summary>
    public int ConnectionsPerAddressMax { get; init; } = 1000;

    /// <summary>Whether connections and turns wait for required gates. Default: true. False for what must work while a gate is closed, such as a view of the server itself.</summary>
    public bool WaitsForGates { get; init; } = true;

    /// <summary>Checks every range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside its range; the message says which and what the range is.</exception>
    public void Validate()
    {
        foreach (var (name, value) in Durations())
        {
            Check(name, value.TotalMilliseconds, 1, TimeSpan.FromDays(1).TotalMilliseconds, "milliseconds");
        }

        Check("Session.Window", Session.Window, 1, 4096);
        Check("Session.OutboxEntriesMax", Session.OutboxEntriesMax, 1, 65_536);
        Check("Session.OutboxBytesMax", Session.OutboxBytesMax, 1024, 1L << 30, "bytes");
        Check(nameof(MessageBytesMax), MessageBytesMax, 1024, 16 << 20, "bytes");
        Check(nameof(HoldMessagesBeforeAuthentication), HoldMessagesBeforeAuthentication, 0, 4096);
        Check(nameof(HoldBytesBeforeAuthentication), HoldBytesBeforeAuthentication, 0, 16 << 20, "bytes");
        Check(nameof(HoldMessagesMax), HoldMessagesMax, 0, 4096);
        Check(nameof(HoldBytesMax), HoldBytesMax, 0, 16 << 20, "bytes");
        Check(nameof(TriesMax), TriesMax, 1, 100);
        Check(nameof(TryDelay), TryDelay.TotalMilliseconds, 0, 60_000, "milliseconds");
        Check(nameof(StagedBytesMax), StagedBytesMax, 1024, 64 << 20, "bytes");
        Check(nameof(ConnectionsPerUserMax), ConnectionsPerUserMax, 1, 1_000_000);
        Check(nameof(ConnectionsPerAddressMax), ConnectionsPerAddressMax, 1, 1_000_000);
    }

    private IEnumerable<(string Name, TimeSpan Value)> Durations() =>
    [
        ("Timeouts.Hello", Timeouts.Hello), ("Timeouts.Authentication", Timeouts.Authentication), ("Timeouts.Gate", Timeouts.Gate), ("Timeouts.Attach", Timeouts.Attach),
        ("Timeouts.Idle", Timeouts.Idle), ("Timeouts.Pong", Timeouts.Pong), ("Timeouts.Write", Timeouts.Write), ("Timeouts.Message", Timeouts.Message),
        ("Timeouts.Close", Timeouts.Close),
    ];

    private static void Check(string name, double value, double least, double most, string unit = "")
    {
        if (!(value >= least && value <= most))
        {
            throw new ArgumentOutOfRangeException(name, value, FormattableString.Invariant($"{name} must be from {least} to {most} {unit}").TrimEnd() + ".");
        }
    }
}
