using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Airlock.AspNetCore.Tests;

/// <summary>Keeps every log line, with its scopes, its values and its exception.</summary>
internal sealed class CapturedLog : ILoggerProvider, ISupportExternalScope
{
    private readonly ConcurrentQueue<string> _lines = new();
    private IExternalScopeProvider _scopes = new LoggerExternalScopeProvider();

    internal IReadOnlyCollection<string> Lines => _lines;

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
            log._lines.Enqueue($"{logLevel} {category} {formatter(state, exception)} | {Values(state)} | {string.Join(" / ", scopes)} | {exception}");
        }

        private static string Values(object? state) => state is IEnumerable<KeyValuePair<string, object?>> values ? string.Join(", ", values.Select(static v => $"{v.Key}={v.Value}")) : $"{state}";
    }
}
