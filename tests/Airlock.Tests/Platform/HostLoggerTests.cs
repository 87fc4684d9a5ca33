using Microsoft.Extensions.Logging;

namespace Airlock.Tests.Platform;

public sealed class HostLoggerTests
{
    [Fact]
    public void The_hosts_logger_is_asked_and_what_it_throws_stays_with_it()
    {
        var host = new Host();
        var logger = new HostLogger(host);
        Assert.Equal([false, true], new[] { LogLevel.Debug, LogLevel.Error }.Select(logger.IsEnabled));
        Assert.Same(host, logger.BeginScope("scope"));
        logger.Log(LogLevel.Error, new EventId(7), "state", new InvalidDataException("broken"), static (state, exception) => $"{state} {exception?.Message}");
        Assert.Equal(["scope", "Error 7 state broken"], host.Said);
        host.Throws = true;
        logger.Log(LogLevel.Error, new EventId(8), "state", null, static (state, _) => state);
        Assert.Equal(2, host.Said.Count);
    }

    private sealed class Host : ILogger, IDisposable
    {
        public List<string> Said { get; } = [];

        public bool Throws { get; set; }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
        {
            Said.Add($"{state}");
            return this;
        }

        public bool IsEnabled(LogLevel logLevel) => logLevel > LogLevel.Debug;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Said.Add(Throws ? throw new InvalidOperationException("no") : $"{logLevel} {eventId.Id} {formatter(state, exception)}");

        public void Dispose()
        {
        }
    }
}
