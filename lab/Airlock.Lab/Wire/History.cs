using System.Text.Json;

namespace Airlock.Lab.Wire;

/// <summary>What all parties of a run over the wire did, as NDJSON: a line an event. Any thread may add.</summary>
internal sealed class History
{
    private readonly Lock _lock = new();
    private readonly List<HistoryEntry> _entries = [];
    private readonly List<Waiter> _waiters = [];

    /// <summary>The lines so far, by time; what a server did at the same instant comes before what others did.</summary>
    public IReadOnlyList<HistoryEntry> Entries
    {
        get
        {
            lock (_lock)
            {
                return [.. _entries.OrderBy(static e => e.At).ThenBy(static e => IsOfServer(e) ? 0 : 1)];
            }
        }
    }

    /// <summary>Adds a line.</summary>
    public void Add(HistoryEntry entry)
    {
        lock (_lock)
        {
            _entries.Add(entry);
            for (var i = _waiters.Count - 1; i >= 0; i--)
            {
                var waiter = _waiters[i];
                if (waiter.What == entry.What)
                {
                    _waiters[i] = waiter with { Left = waiter.Left - 1 };
                    if (waiter.Left == 1)
                    {
                        _waiters.RemoveAt(i);
                        waiter.Done.SetResult();
                    }
                }
            }
        }
    }

    /// <summary>Completes when it has so many lines of a kind.</summary>
    public Task WhenAsync(string what, int count)
    {
        lock (_lock)
        {
            var left = count - _entries.Count(e => e.What == what);
            if (left <= 0)
            {
                return Task.CompletedTask;
            }

            var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiters.Add(new Waiter(what, left, done));
            return done.Task;
        }
    }

    /// <summary>Whether a server wrote the line.</summary>
    public static bool IsOfServer(HistoryEntry entry) => entry.What is "move" or "end" or "log";

    /// <summary>Writes the lines.</summary>
    public void Write(TextWriter writer)
    {
        foreach (var entry in Entries)
        {
            writer.WriteLine(JsonSerializer.Serialize(entry, HistoryJson.Default.HistoryEntry));
        }
    }

    /// <summary>Reads lines.</summary>
    /// <exception cref="FormatException">A line is not one of a history.</exception>
    public static History Read(TextReader reader)
    {
        var history = new History();
        for (var number = 1; reader.ReadLine() is { } line; number++)
        {
            try
            {
                history.Add(JsonSerializer.Deserialize(line, HistoryJson.Default.HistoryEntry) ?? throw new JsonException("null"));
            }
            catch (JsonException e)
            {
                throw new FormatException($"Line {number} is not a line of a history: {e.Message}");
            }
        }

        return history;
    }

    private sealed record Waiter(string What, int Left, TaskCompletionSource Done);
}
