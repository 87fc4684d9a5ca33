using System.Collections.Concurrent;
using System.Globalization;

namespace Airlock.Hostile.Faults;

/// <summary>What the server's log says of each connection: how it ended, and what its client's return made of that.</summary>
internal sealed class FaultLog : ILoggerProvider
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource<(string Cause, int Code)>> _ends = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource<string>> _explanations = new();
    private readonly ConcurrentDictionary<string, int> _causes = new();

    /// <summary>How many connections ended with each cause.</summary>
    public IReadOnlyDictionary<string, int> Causes => _causes;

    /// <summary>Where each line is told besides; for a server in a process of its own.</summary>
    public TextWriter? Teller { get; set; }

    /// <summary>How a connection ended, once it has.</summary>
    public Task<(string Cause, int Code)> EndOfAsync(string connection) => _ends.GetOrAdd(connection, static _ => NewSource<(string, int)>()).Task;

    /// <summary>What both accounts of a connection's end come to, once its client has told.</summary>
    public Task<string> ExplanationOfAsync(string connection) => _explanations.GetOrAdd(connection, static _ => NewSource<string>()).Task;

    /// <summary>Takes a line that the server of another process has told. It is not counted: its metrics are of that process, too.</summary>
    public void Hear(string line)
    {
        switch (line.Split(' '))
        {
            case ["end", var connection, var cause, var code]:
                _ends.GetOrAdd(connection, static _ => NewSource<(string, int)>()).TrySetResult((cause, int.Parse(code, CultureInfo.InvariantCulture)));
                break;
            case ["explained", var connection, var word]:
                _explanations.GetOrAdd(connection, static _ => NewSource<string>()).TrySetResult(word);
                break;
        }
    }

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName == "Airlock");

    public void Dispose()
    {
    }

    private static TaskCompletionSource<T> NewSource<T>() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private sealed class Logger(FaultLog log, bool isAirlock) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => isAirlock;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!isAirlock || eventId.Id is not (3 or 4 or 13) || state is not IReadOnlyList<KeyValuePair<string, object?>> values)
            {
                return;
            }

            var found = values.ToDictionary(static value => value.Key, static value => value.Value);
            if (eventId.Id == 13)
            {
                log.Teller?.WriteLine($"explained {found["Previous"]} {found["Explanation"]}");
                log._explanations.GetOrAdd((string)found["Previous"]!, static _ => NewSource<string>()).TrySetResult((string)found["Explanation"]!);
                return;
            }

            var (connection, cause) = ((string)found["Connection"]!, (string)found["Cause"]!);
            log.Teller?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"end {connection} {cause} {found["Code"]}"));
            log._causes.AddOrUpdate(cause, 1, static (_, count) => count + 1);
            log._ends.GetOrAdd(connection, static _ => NewSource<(string, int)>()).TrySetResult((cause, (int)found["Code"]!));
        }
    }
}
