using System.Collections.Concurrent;
using Airlock.Client;

namespace Airlock.Hostile.Faults;

/// <summary>A shipped client as the injector sees it.</summary>
internal abstract class FaultClient : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource<string>> _ends = new();
    private string? _first;
    private readonly TaskCompletionSource<string> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<string> _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<string?> _returned = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly TaskCompletionSource _echoed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The id of its first connection that was ready.</summary>
    public Task<string> Ready => _ready.Task;

    /// <summary>When the first answer has come.</summary>
    public Task Echoed => _echoed.Task;

    /// <summary>The cause of its first end, before the server had said a word or after.</summary>
    public Task<string> FirstLost => _lost.Task;

    /// <summary>When it is ready again: the connection's id; null if it has stopped for good.</summary>
    public Task<string?> Returned => _returned.Task;

    public abstract void Send(string text);

    public abstract void Close();

    public abstract ValueTask DisposeAsync();

    /// <summary>The cause that it gives for the end of a connection.</summary>
    public Task<string> EndOfAsync(string connection) => _ends.GetOrAdd(connection, static _ => new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    protected void NoteReady(string connection)
    {
        _first ??= connection;
        _ready.TrySetResult(_first);
        if (_first != connection)
        {
            _returned.TrySetResult(connection);
        }
    }

    protected void NoteEnd(string? connection, string cause)
    {
        _lost.TrySetResult(cause);
        if (connection is not null)
        {
            _ends.GetOrAdd(connection, static _ => new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult(cause);
        }
    }

    protected void NoteEcho() => _echoed.TrySetResult();

    protected void NoteStopped() => _returned.TrySetResult(null);
}

/// <summary>The .NET client.</summary>
internal sealed class DotNetFaultClient : FaultClient
{
    private readonly AirlockClient _client;

    public DotNetFaultClient(int port, string path, string token)
    {
        _client = new AirlockClient(new Uri($"ws://127.0.0.1:{port}{path}"), new AirlockClientOptions { Token = _ => ValueTask.FromResult<string?>(token) });
        _client.StateChanged += Note;
        _client.Start();
        _ = ReadAsync();
    }

    public override void Send(string text) => _client.Send(text);

    public override void Close() => _ = _client.DisposeAsync().AsTask();

    public override ValueTask DisposeAsync() => _client.DisposeAsync();

    private void Note(ConnectionChange change)
    {
        if (change.State == Core.ConnectionState.ProcessingReady && change.Cause is null && change.Resumed is not null)
        {
            NoteReady(change.Connection!);
        }

        if (change.Cause is { } cause)
        {
            NoteEnd(change.Connection, cause);
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            await foreach (var message in _client.MessagesAsync())
            {
                NoteEcho();
            }
        }
        catch (AirlockClosedException)
        {
            // The client has stopped: for good, or because the run is over.
        }

        NoteStopped();
    }
}
