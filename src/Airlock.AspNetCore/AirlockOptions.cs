namespace Airlock.AspNetCore;

/// <summary>The settings of Airlock in this process. Checked when the host starts; not changed afterwards.</summary>
public sealed class AirlockOptions
{
    /// <summary>How endpoints behave that are mapped without options of their own.</summary>
    public EndpointOptions Endpoint { get; set; } = new();

    /// <summary>The limits of the sessions in memory. Without effect if an <see cref="ISessionStore"/> is registered.</summary>
    public MemorySessionStoreOptions Sessions { get; set; } = new();

    /// <summary>Origins of pages that may connect besides those of the server itself, e.g. <c>https://app.example.com</c>; <c>*</c> for any. Default: none.</summary>
    public IList<string> AllowedOrigins { get; } = [];

    /// <summary>
    /// How many turns may be under way in the process. From 1 to 1,000,000. Default: null, as many as there are. Those beyond wait, without a thread, and are counted; all else goes on, if
    /// it is below the thread pool's least number of threads (<c>docs/operating.md</c>, "Handlers that block").
    /// </summary>
    public int? TurnsMax { get; set; }

    /// <summary>
    /// How long connections with something under way, a turn or an answer that is not acknowledged, may stay when the host stops; nobody waits for the others. From 0 to 1 hour.
    /// Default: 8 seconds, so that a stop fits into the 10 seconds that container hosts give. Cut to what the host's own shutdown timeout leaves.
    /// </summary>
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(8);

    /// <summary>When clients that are refused while the server goes away should come back. From 0 to 1 hour. Default: 5 seconds.</summary>
    public TimeSpan DrainRetryAfter { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a ticket is valid. From 1 to 30 seconds. Default: 30 seconds.</summary>
    public TimeSpan TicketLifetime { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How many tickets may be waiting in all. From 1 to 1,000,000. Default: 10,000. Then no more are given out for a while (503).</summary>
    public int TicketsMax { get; set; } = 10_000;

    /// <summary>How many tickets may be waiting for one user. From 1 to 1,000. Default: 16. Then the oldest becomes invalid.</summary>
    public int TicketsPerUserMax { get; set; } = 16;

    /// <summary>How long one check of a gate may take, unless its registration says otherwise. From 10 milliseconds to 1 minute. Default: 5 seconds. Then it counts as failed.</summary>
    public TimeSpan GateCheckTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How often an open gate is checked. From 100 milliseconds to 1 hour. Default: 10 seconds.</summary>
    public TimeSpan GateInterval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How often a closed gate is checked at least, as long as it has not been closed for long. From 10 milliseconds to 1 minute. Default: 1 second.</summary>
    public TimeSpan GateIntervalClosed { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How many checks in a row must fail before an open gate closes. From 1 to 100. Default: 2.</summary>
    public int GateFailuresMax { get; set; } = 2;
}
