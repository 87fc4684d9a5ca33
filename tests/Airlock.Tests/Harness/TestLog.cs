using Microsoft.Extensions.Logging;

namespace Airlock.Tests.Harness;

/// <summary>Keeps every line, so that a test can wait for one: the driver's own account of what it does.</summary>
internal sealed class TestLog(bool keepsDebug = true) : ILogger
{
    private readonly Lock _lock = new();
    private readonly List<(LogLevel Level, string Text, Exception? Exception)> _lines = [];
    private readonly List<(Func<string, bool> IsMeant, TaskCompletionSource<string> Found)> _waiting = [];

    /// <summary>Which lines throw when they are written, as a broken provider does.</summary>
    public Func<string, bool>? Throws { get; set; }

    public IReadOnlyList<(LogLevel Level, string Text, Exception? Exception)> Lines
    {
        get
        {
            lock (_lock)
            {
                return [.. _lines];
            }
        }
    }

    /// <summary>Waits for a line that contains every one of the parts, also one that is there already.</summary>
    public Task<string> WaitForAsync(params string[] parts)
    {
        bool IsMeant(string text) => parts.All(part => text.Contains(part, StringComparison.Ordinal));
        lock (_lock)
        {
            if (_lines.FirstOrDefault(line => IsMeant(line.Text)) is { Text: { } found })
            {
                return Task.FromResult(found);
            }

            var waiter = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((IsMeant, waiter));
            return WaitAsync(waiter.Task, parts);
        }
    }

    private async Task<string> WaitAsync(Task<string> found, string[] parts)
    {
        try
        {
            return await found.WaitAsync(TestServer.Patience);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"No line with {string.Join(" and ", parts)} came, but:\n{string.Join('\n', Lines.Select(l => l.Text))}");
        }
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => keepsDebug || logLevel > LogLevel.Debug;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var text = formatter(state, exception);
        if (Throws?.Invoke(text) == true)
        {
            throw new InvalidOperationException("The provider is broken.");
        }

        lock (_lock)
        {
            _lines.Add((logLevel, text, exception));
            foreach (var waiter in _waiting.Where(w => w.IsMeant(text)).ToList())
            {
                waiter.Found.SetResult(text);
                _waiting.Remove(waiter);
            }
        }
    }
}
