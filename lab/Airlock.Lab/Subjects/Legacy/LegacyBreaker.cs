using System.Net.WebSockets;

namespace Airlock.Lab.Subjects.Legacy;

/// <summary>A circuit breaker for the whole process, with the retries that the endpoint put around its accept (dossier §2.3).</summary>
internal sealed class LegacyBreaker(TimeProvider time, int failuresMax, TimeSpan recovery)
{
    private const int RetriesMax = 5;
    private static readonly TimeSpan _callTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan _delayBase = TimeSpan.FromSeconds(0.5);
    private int _failures;
    private DateTimeOffset _openUntil;

    /// <summary>Whether nobody gets through.</summary>
    public bool IsOpen => time.GetUtcNow() < _openUntil;

    /// <summary>Counts a success.</summary>
    public void Succeeded() => _failures = Math.Max(0, _failures - 1);

    /// <summary>Counts a failure, of whoever it was.</summary>
    public void Failed()
    {
        if (++_failures >= failuresMax)
        {
            (_failures, _openUntil) = (0, time.GetUtcNow() + recovery);
        }
    }

    /// <summary>Calls accept, and again when a call takes too long or fails: the call before may still be under way.</summary>
    /// <exception cref="InvalidOperationException">All calls failed.</exception>
    public async Task<WebSocket> AcceptAsync(LegacyUpgrade upgrade)
    {
        for (var retry = 0; retry <= RetriesMax && !IsOpen; retry++)
        {
            if (retry > 0)
            {
                await Task.Delay(_delayBase * (1 << (retry - 1)), time);
            }

            try
            {
                var socket = await upgrade.AcceptAsync(null).AsTask().WaitAsync(_callTimeout, time);
                Succeeded();
                return socket;
            }
            catch (Exception e) when (e is TimeoutException or InvalidOperationException)
            {
                Failed();
            }
        }

        throw new InvalidOperationException("accept failed");
    }
}
