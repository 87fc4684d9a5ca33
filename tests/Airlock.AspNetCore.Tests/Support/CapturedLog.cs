using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Airlock.AspNetCore.Tests;

/// <summary>Keeps every log line, with its scopes, its values and its exception.</summary>
internal sealed class CapturedLog : ILoggerProvider, ISupportExternalScope
{
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly ConcurrentQueue<(Exception Exception, string Line)> _failures = new();
    private IExternalScopeProvider _scopes = new LoggerExternalScopeProvider();

    internal IReadOnlyCollection<string> Lines => _lines;

    /// <summary>What something threw that somebody has to look at: Airlock's warnings with an exception, and anybody's errors.</summary>
    internal IReadOnlyCollection<(Exception Exception, string Line)> Failures => _failures;

    /// <summary>Waits until a line holds the text.</summary>
    internal async Task UntilAsync(string text)
    {
        var seen = new TaskCompletionSource();
        var watch = (Action<string>)(line => _ = line.Contains(text, StringComparison.Ordinal) && seen.TrySetResult());
        Written += watch;
        foreach (var line in _lines)
        {
            watch(line);
        }

        await seen.Task.WaitAsync(Patience.Max, TestContext.Current.CancellationToken);
        Written -= watch;
    }

    private event Action<string>? Written;

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => _scopes = scopeProvider;

    public void Dispose()
    {
    }

    private sealed class Logger(CapturedLog log, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var scopes = new List<string>();
            log._scopes.ForEachScope(static (scope, list) => list.Add(Values(scope)), scopes);
            var line = $"{logLevel} {category} {formatter(state, exception)} | {Values(state)} | {string.Join(" / ", scopes)} | {exception}";
            log._lines.Enqueue(line);
            if (exception is not null && logLevel >= (category.StartsWith("Airlock", StringComparison.Ordinal) ? LogLevel.Warning : LogLevel.Error))
            {
                log._failures.Enqueue((exception, line));
            }

            log.Written?.Invoke(line);
        }

        private static string Values(object? state) => state is IEnumerable<KeyValuePair<string, object?>> values ? string.Join(", ", values.Select(static v => $"{v.Key}={v.Value}")) : $"{state}";
    }
}
