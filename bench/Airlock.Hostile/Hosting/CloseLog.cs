using System.Collections.Concurrent;

namespace Airlock.Hostile.Hosting;

/// <summary>Counts how connections end, and keeps the first errors, from what the library logs.</summary>
internal sealed class CloseLog : ILoggerProvider
{
    private const int ErrorsKept = 5;
    private readonly ConcurrentDictionary<string, int> _closes = new();
    private readonly ConcurrentQueue<string> _errors = new();
    private int _closes1011;
    private int _errorCount;

    public IReadOnlyDictionary<string, int> Closes => new SortedDictionary<string, int>(_closes.ToDictionary());

    public int Closes1011 => _closes1011;

    public int ErrorCount => _errorCount;

    public IReadOnlyList<string> Errors => [.. _errors];

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName == "Airlock");

    public void Dispose()
    {
    }

    private void Note(LogLevel level, string? text)
    {
        if (level >= LogLevel.Error && Interlocked.Increment(ref _errorCount) <= ErrorsKept)
        {
            _errors.Enqueue(text ?? "");
        }
    }

    private sealed class Logger(CloseLog log, bool isAirlock) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= (isAirlock ? LogLevel.Debug : LogLevel.Error);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel >= LogLevel.Error)
            {
                log.Note(logLevel, $"{formatter(state, exception)} {exception}");
            }

            // There is one of these for each connection; if they change their names, connections without an end show it.
            if (isAirlock && eventId.Name is "Ended" or "EndedAbnormally" && state is IReadOnlyList<KeyValuePair<string, object?>> values && ValueOf(values, "Cause") is string cause && ValueOf(values, "Code") is int code)
            {
                log._closes.AddOrUpdate(cause, 1, static (_, count) => count + 1);
                if (code == 1011)
                {
                    Interlocked.Increment(ref log._closes1011);
                }
            }
        }

        private static object? ValueOf(IReadOnlyList<KeyValuePair<string, object?>> values, string name)
        {
            for (var i = 0; i < values.Count; i++)
            {
                if (values[i].Key == name)
                {
                    return values[i].Value;
                }
            }

            return null;
        }
    }
}
