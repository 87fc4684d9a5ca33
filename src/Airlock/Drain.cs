namespace Airlock;

/// <summary>Whether the server goes away, by when, and when its clients are to come back. Safe for concurrent use.</summary>
internal sealed class Drain(Platform platform)
{
    private readonly Lock _lock = new();
    private volatile Plan? _plan;

    internal bool HasBegun => _plan is not null;

    /// <summary>When clients that are refused meanwhile should come back; null if the server stays.</summary>
    internal TimeSpan? RetryAfter => _plan?.RetryAfter;

    /// <summary>The server goes away. Of two calls the earlier deadline counts, with all that was said with it.</summary>
    /// <param name="budget">How long connections may stay.</param>
    /// <param name="retryAfter">When refused connections should come back.</param>
    /// <param name="spread">Over how long from now the calls to leave are spread.</param>
    /// <returns>The instant to be gone by, and the hint.</returns>
    internal (long By, TimeSpan RetryAfter) Begin(TimeSpan budget, TimeSpan retryAfter, TimeSpan spread)
    {
        lock (_lock)
        {
            var by = platform.Clock.Now + budget.Ticks;
            var plan = _plan is { } earlier && earlier.By <= by ? earlier : new Plan(by, retryAfter, spread);
            _plan = plan;
            return (plan.By, plan.RetryAfter);
        }
    }

    /// <summary>How long a connection waits before it looks for its next one, so that not all come at once.</summary>
    internal TimeSpan NextDelay() => (_plan?.Spread ?? TimeSpan.Zero) * platform.Entropy.NextFraction();

    private sealed record Plan(long By, TimeSpan RetryAfter, TimeSpan Spread);
}
