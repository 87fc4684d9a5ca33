using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Airlock.Client.Tests.Reference;

/// <summary>Keeps every line, so that a test can look for what must not be there, or show what happened.</summary>
public sealed class TestLogger : ILogger
{
    public ConcurrentQueue<string> Lines { get; } = new();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Lines.Enqueue($"{DateTime.UtcNow:ss.fff} {logLevel}: {formatter(state, exception)} {exception}");
}
