using System.Collections.Concurrent;
using Airlock.Client;

namespace Airlock.Hostile.Faults;

/// <summary>A shipped client as the injector sees it.</summary>
internal abstract class FaultClient : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource<string>> _ends = new();
    private string? _first;
    private readonly TaskCompletionSource<string> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<(string?, string)> _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<string> _refused = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<string?> _returned = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly TaskCompletionSource _echoed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The id of its first connection that was ready.</summary>
    public Task<string> Ready => _ready.Task;

    /// <summary>When the first answer has come.</summary>
    public Task Echoed => _echoed.Task;

    /// <summary>When the first message was refused: with what cause.</summary>
    public Task<string> Refused => _refused.Task;

    /// <summary>Its first end, before the server had said a word or after: of which connection, and with what cause.</summary>
    public Task<(string? Connection, string Cause)> FirstLost => _lost.Task;

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
        _lost.TrySetResult((connection, cause));
        if (connection is not null)
        {
            _ends.GetOrAdd(connection, static _ => new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult(cause);
        }
    }

    protected void NoteEcho() => _echoed.TrySetResult();

    protected void NoteRefused(string cause) => _refused.TrySetResult(cause);

    protected void NoteStopped() => _returned.TrySetResult(null);
}

/// <summary>The .NET client.</summary>
internal sealed class DotNetFaultClient : FaultClient
{
    private readonly AirlockClient _client;

    /// <param name="first">The token until its first end.</param>
    /// <param name="later">The token from then on.</param>
    public DotNetFaultClient(Uri server, string first, string later)
    {
        _client = new AirlockClient(server, new AirlockClientOptions { Token = _ => ValueTask.FromResult<string?>(FirstLost.IsCompleted ? later : first), ConfigureWebSocket = Trust });
        _client.StateChanged += Note;
        _client.Start();
        _ = ReadAsync();
    }

    public override void Send(string text) => _ = WatchAsync(_client.Send(text));

    public override void Close() => _ = _client.DisposeAsync().AsTask();

    public override ValueTask DisposeAsync() => _client.DisposeAsync();

    private static void Trust(System.Net.WebSockets.ClientWebSocketOptions options) => options.RemoteCertificateValidationCallback = static (_, shown, _, _) => FaultHost.Certificate.Equals(shown);

    private async Task WatchAsync(Receipt receipt)
    {
        try
        {
            await receipt.Done;
        }
        catch (AirlockRefusedException e)
        {
            NoteRefused(e.Cause);
        }
        catch (AirlockClosedException)
        {
            // The client has stopped.
        }
    }

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
