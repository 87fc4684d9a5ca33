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

    /// <summary>What is wrong with these options, in words; empty if nothing is.</summary>
    public IReadOnlyList<string> Faults() => Check().Words;

    /// <summary>Checks every range, and that no limit contradicts another.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is outside its range; the message says which, its value and the range, for each.</exception>
    public void Validate() => Check().Throw();

    private OptionFaults Check()
    {
        var faults = new OptionFaults();
        if (faults.CheckThere(nameof(Timeouts), Timeouts))
        {
            foreach (var (name, value) in Durations())
            {
                faults.CheckRange($"{nameof(Timeouts)}.{name}", value, TimeSpan.FromMilliseconds(1), TimeSpan.FromDays(1));
            }
        }

        if (faults.CheckThere(nameof(Session), Session))
        {
            faults.CheckRange("Session.Window", Session.Window, 1, 4096);
            faults.CheckRange("Session.OutboxEntriesMax", Session.OutboxEntriesMax, 1, 65_536);
            faults.CheckRange("Session.OutboxBytesMax", Session.OutboxBytesMax, 1024, 1L << 30, "bytes");
        }

        faults.CheckRange(nameof(MessageBytesMax), MessageBytesMax, 1024, 16 << 20, "bytes");
        faults.CheckRange(nameof(HoldMessagesBeforeAuthentication), HoldMessagesBeforeAuthentication, 0, 4096);
        faults.CheckRange(nameof(HoldBytesBeforeAuthentication), HoldBytesBeforeAuthentication, 0, 16 << 20, "bytes");
        faults.CheckRange(nameof(HoldMessagesMax), HoldMessagesMax, 0, 4096);
        faults.CheckRange(nameof(HoldBytesMax), HoldBytesMax, 0, 16 << 20, "bytes");
        faults.CheckPart(nameof(HoldMessagesBeforeAuthentication), HoldMessagesBeforeAuthentication, nameof(HoldMessagesMax), HoldMessagesMax);
        faults.CheckPart(nameof(HoldBytesBeforeAuthentication), HoldBytesBeforeAuthentication, nameof(HoldBytesMax), HoldBytesMax);
        faults.CheckRange(nameof(TriesMax), TriesMax, 1, 100);
        faults.CheckRange(nameof(TryDelay), TryDelay, TimeSpan.Zero, TimeSpan.FromMinutes(1));
        faults.CheckRange(nameof(StagedBytesMax), StagedBytesMax, 1024, 64 << 20, "bytes");
        faults.CheckRange(nameof(ConnectionsPerUserMax), ConnectionsPerUserMax, 1, 1_000_000);
        faults.CheckRange(nameof(ConnectionsPerAddressMax), ConnectionsPerAddressMax, 1, 1_000_000);
        return faults;
    }

    private IEnumerable<(string Name, TimeSpan Value)> Durations() =>
    [
        (nameof(Timeouts.Hello), Timeouts.Hello), (nameof(Timeouts.Authentication), Timeouts.Authentication), (nameof(Timeouts.Gate), Timeouts.Gate),
        (nameof(Timeouts.Attach), Timeouts.Attach), (nameof(Timeouts.Idle), Timeouts.Idle), (nameof(Timeouts.Pong), Timeouts.Pong), (nameof(Timeouts.Write), Timeouts.Write),
        (nameof(Timeouts.Message), Timeouts.Message), (nameof(Timeouts.Close), Timeouts.Close),
    ];
}
