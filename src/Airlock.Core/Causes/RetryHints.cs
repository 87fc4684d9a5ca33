namespace Airlock.Core;

/// <summary>When a client should come back that was turned away, where nothing says it better: the hints of the whole server, in one place. Clients add up to a fifth (<c>spec/wire.md</c> §6).</summary>
public static class RetryHints
{
    /// <summary>Where a place may be free again in a moment: too many connections from an address, an authority that does not answer, an upgrade that failed, a message that never became whole.</summary>
    public static TimeSpan Soon { get; } = TimeSpan.FromSeconds(5);

    /// <summary>Where the user has to close another connection first.</summary>
    public static TimeSpan UserLimit { get; } = TimeSpan.FromSeconds(30);

    /// <summary>Where a ticket was asked for while too many were out: they are short-lived.</summary>
    public static TimeSpan Tickets { get; } = TimeSpan.FromSeconds(1);

    /// <summary>The hint for a connection that is not let in; null where coming back is of no use.</summary>
    /// <param name="refused">Why it is not let in.</param>
    /// <param name="draining">The hint of a server that is going away; null for none.</param>
    public static TimeSpan? ForRefused(CloseReason refused, TimeSpan? draining)
    {
        ArgumentNullException.ThrowIfNull(refused);
        return CloseReason.AdviceFor(refused.Code) == RetryAdvice.Never ? null : refused == CloseReason.Draining ? draining : Soon;
    }
}
