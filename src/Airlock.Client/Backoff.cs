using Airlock.Core;

namespace Airlock.Client;

/// <summary>Delays between connections (<c>spec/wire.md</c> §7). Pure: the caller brings the randomness.</summary>
internal sealed class Backoff
{
    /// <summary>How long a connection has to be ready before the count starts again: a server that closes behind each <c>ready</c> is not dialed at once for ever.</summary>
    public static readonly TimeSpan Steady = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Most = TimeSpan.FromSeconds(30);
    private int _row;
    private bool _triedAtOnce;

    /// <summary>
    /// The n-th delay in a row lies between half and all of min(30 s, 250 ms × 2ⁿ), n counted from 1; a hint is used as it is plus up to 20 %.
    /// After <see cref="RetryAdvice.Resume"/> the first connection is made at once and is no delay in that row.
    /// </summary>
    /// <param name="advice">What the end of the last connection tells to do.</param>
    /// <param name="hint">How long the server asked to wait, or null.</param>
    /// <param name="random">From 0 to 1.</param>
    public TimeSpan Next(RetryAdvice advice, TimeSpan? hint, double random)
    {
        if (advice == RetryAdvice.Resume && hint is null && !_triedAtOnce)
        {
            _triedAtOnce = true;
            return TimeSpan.Zero;
        }

        _row++;
        if (hint is { } asked)
        {
            return asked * (1 + (0.2 * random));
        }

        var most = TimeSpan.FromTicks(Math.Min(Most.Ticks, First.Ticks << Math.Min(_row, 16)));
        return most * ((1 + random) / 2);
    }

    /// <summary>A connection has been ready for <see cref="Steady"/>: the count starts again.</summary>
    public void Reset() => (_row, _triedAtOnce) = (0, false);
}
