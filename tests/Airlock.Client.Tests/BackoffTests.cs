using Airlock.Core;

namespace Airlock.Client.Tests;

/// <summary>Its numbers are in the vectors (<see cref="VectorTests"/>); here is when which of them counts.</summary>
public sealed class BackoffTests
{
    [Fact]
    public void First_connection_after_a_resume_is_made_at_once_and_is_no_delay_in_the_row()
    {
        var backoff = new Backoff();
        Assert.Equal([0, 250, 500, 1000], Enumerable.Range(0, 4).Select(_ => Milliseconds(backoff.Next(RetryAdvice.Resume, null, 0))));
        backoff.Reset();
        Assert.Equal([0, 250], Enumerable.Range(0, 2).Select(_ => Milliseconds(backoff.Next(RetryAdvice.Resume, null, 0))));
        // What is to come later, or in a new session, is never made at once.
        foreach (var advice in new[] { RetryAdvice.ResumeLater, RetryAdvice.New })
        {
            Assert.Equal([250, 500], new[] { new Backoff() }.SelectMany(later => new[] { later.Next(advice, null, 0), later.Next(advice, null, 0) }).Select(Milliseconds));
        }
    }

    [Fact]
    public void Hint_is_kept_to_and_counts_as_a_delay_in_the_row()
    {
        var backoff = new Backoff();
        Assert.Equal(3000, Milliseconds(backoff.Next(RetryAdvice.Resume, TimeSpan.FromSeconds(3), 0)));
        Assert.Equal(3300, Milliseconds(backoff.Next(RetryAdvice.Resume, TimeSpan.FromSeconds(3), 0.5)));
        Assert.Equal(0, Milliseconds(backoff.Next(RetryAdvice.Resume, null, 0)));
        Assert.Equal(1000, Milliseconds(backoff.Next(RetryAdvice.Resume, null, 0)));
    }

    [Fact]
    public void However_long_the_row_a_delay_lies_between_15_and_30_seconds_at_last()
    {
        var backoff = new Backoff();
        var delays = Enumerable.Range(0, 200).Select(n => Milliseconds(backoff.Next(RetryAdvice.ResumeLater, null, n % 2))).ToList();
        Assert.All(delays.Skip(6).Where(static (_, n) => n % 2 == 0), static delay => Assert.Equal(15_000, delay));
        Assert.All(delays.Skip(7).Where(static (_, n) => n % 2 == 0), static delay => Assert.Equal(30_000, delay));
    }

    private static double Milliseconds(TimeSpan delay) => delay.TotalMilliseconds;
}
