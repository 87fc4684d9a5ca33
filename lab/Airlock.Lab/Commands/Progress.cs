using System.Diagnostics;
using System.Globalization;

namespace Airlock.Lab.Commands;

/// <summary>Tells how far something is that takes more than a few seconds, and how long it will take still: a bar that redraws itself on a terminal, a line now and then in a pipe. May be told from several threads.</summary>
/// <param name="console">Where to write.</param>
/// <param name="what">What is counted: <c>scenarios</c>, <c>walks</c>.</param>
/// <param name="count">How many there are.</param>
internal sealed class Progress(LabConsole console, string what, int count)
{
    private const int BarWidth = 30;
    private static readonly TimeSpan _redraw = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan _line = TimeSpan.FromSeconds(5);
    private readonly Lock _lock = new();
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private TimeSpan _next = TimeSpan.Zero;
    private bool _isDrawn;

    /// <summary>Says where it stands, if it is time.</summary>
    /// <param name="done">How many are done.</param>
    /// <param name="now">What is done now; null for nothing in particular.</param>
    public void Report(int done, string? now = null)
    {
        lock (_lock)
        {
            var elapsed = _clock.Elapsed;
            if (console.IsTerminal)
            {
                if (elapsed < _next && now is null)
                {
                    return;
                }

                var full = count == 0 ? 0 : BarWidth * Math.Min(done, count) / count;
                console.Out.Write($"\r\u001b[K[{new string('#', full)}{new string('.', BarWidth - full)}] {done}/{count} {now ?? what}{LeftOf(done, count, elapsed)}");
                (_isDrawn, _next) = (true, elapsed + _redraw);
            }
            else if (elapsed >= _next)
            {
                if (_next > TimeSpan.Zero)
                {
                    console.Out.WriteLine($"... {done} of {count} {what}{LeftOf(done, count, elapsed)}");
                }

                _next = elapsed + _line;
            }
        }
    }

    /// <summary>Takes the bar away, so that something else can be written.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            if (_isDrawn)
            {
                console.Out.Write("\r\u001b[K");
                _isDrawn = false;
            }
        }
    }

    /// <summary>How long it will take still, if the rest takes as long as what is done; nothing while that says nothing.</summary>
    /// <param name="done">How many are done.</param>
    /// <param name="count">How many there are.</param>
    /// <param name="elapsed">How long those took.</param>
    internal static string LeftOf(int done, int count, TimeSpan elapsed)
    {
        if (done <= 0 || done >= count || elapsed < TimeSpan.FromSeconds(1))
        {
            return "";
        }

        var left = elapsed * ((double)(count - done) / done);
        return left < TimeSpan.FromSeconds(90)
            ? string.Create(CultureInfo.InvariantCulture, $", about {Math.Max(1, Math.Round(left.TotalSeconds)):0} s left")
            : string.Create(CultureInfo.InvariantCulture, $", about {Math.Round(left.TotalMinutes):0} min left");
    }
}
