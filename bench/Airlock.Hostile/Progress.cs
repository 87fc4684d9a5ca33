using System.Diagnostics;
using System.Globalization;

namespace Airlock.Hostile;

/// <summary>Says on the error output where a long run is, at most once in two seconds. Safe for concurrent use.</summary>
internal sealed class Progress
{
    private readonly Lock _lock = new();
    private long _last = Stopwatch.GetTimestamp();

    public void Step(string what, long done, long of)
    {
        lock (_lock)
        {
            if (Stopwatch.GetElapsedTime(_last) < TimeSpan.FromSeconds(2))
            {
                return;
            }

            _last = Stopwatch.GetTimestamp();
        }

        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {what}: {done:N0} of {of:N0}"));
    }
}
