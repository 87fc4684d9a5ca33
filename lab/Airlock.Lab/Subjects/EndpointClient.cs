using System.Net.WebSockets;
using Airlock.Lab.Simulation;
using Airlock.Lab.Traces;

namespace Airlock.Lab.Subjects;

/// <summary>A client without sessions: an open socket is good enough to send what it has. It says what its messages look like; when to dial, write and give up is the same for all of them.</summary>
/// <remarks>Whatever it has sent and has no answer for when its connection ends, it tells its application as refused: nobody knows what became of it.</remarks>
public abstract class EndpointClient : Client
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(1);
    private readonly List<string> _unsettled = [];
    private readonly Queue<string> _queue = new();
    private readonly Queue<ReadOnlyMemory<byte>> _control = new();
    private TaskCompletionSource<bool> _ready = new();
    private TaskCompletionSource<bool> _closed = new();
    private TaskCompletionSource<bool> _changed = new();
    private readonly Dictionary<WebSocket, Task> _sending = [];
    private WebSocket? _socket;
    private Handshake? _socketOf;
    private bool _isWriting;
    private bool _isLeaving;

    /// <summary>Makes a client that has not dialed yet.</summary>
    /// <param name="world">The run's surroundings.</param>
    /// <param name="name">The party's name.</param>
    /// <param name="user">Its user.</param>
    protected EndpointClient(World world, string name, string user)
        : base(world, name, user) => _closed.SetResult(true);

    /// <inheritdoc/>
    public override int Unsettled => _unsettled.Count;

    /// <inheritdoc/>
    public override Task WhenClosed => _closed.Task;

    /// <summary>Whether the connection of now is ready, as far as this client knows.</summary>
    protected bool IsReady { get; private set; }

    /// <summary>The connection that its socket belongs to; while it has none, the one that was dialed last.</summary>
    protected string Connection => (_socketOf ?? Handshake)?.Connection ?? "";

    /// <summary>Whether the connection of now is open.</summary>
    protected bool IsOpen => _socket is not null;

    /// <inheritdoc/>
    public override async Task<bool> ConnectAsync(DialOptions? options = null)
    {
        (_ready, _closed, IsReady, _isLeaving) = (new(), new(), false, false);
        _control.Clear();
        options ??= new DialOptions();
        // By the time that the party dials, the next dial may have begun.
        var (handshake, ready, closed) = (World.Dial(User, options with { Token = options.Token ?? Token }), _ready, _closed);
        Handshake = handshake;
        _ = StartAsync("dials", () => RunAsync(handshake, ready, closed));
        return await ready.Task;
    }

    /// <inheritdoc/>
    public override async Task WhenSettledAsync()
    {
        while (_unsettled.Count > 0 && !_closed.Task.IsCompleted)
        {
            await Task.WhenAny(_changed.Task, _closed.Task);
        }
    }

    /// <summary>A message as it is written.</summary>
    /// <param name="id">The message's id, which the answer must lead back to.</param>
    protected abstract ReadOnlyMemory<byte> Encode(string id);

    /// <summary>A message has come: says what it means by <see cref="BeReady"/>, <see cref="BeAnswered"/> and <see cref="BeRefused"/>.</summary>
    /// <param name="message">The whole message.</param>
    protected abstract void Handle(ReadOnlySpan<byte> message);

    /// <summary>The socket is open. A protocol without a word for ready calls <see cref="BeReady"/>; one that begins with a greeting writes it.</summary>
    protected virtual void Opened()
    {
    }

    /// <summary>What the client's application is told of a connection's end.</summary>
    /// <param name="code">The close code or the HTTP status; 1006 for a connection that was cut.</param>
    /// <param name="reason">The reason that came with it, or null.</param>
    protected virtual string? CauseOf(int code, string? reason) => reason;

    /// <summary>The connection is ready.</summary>
    protected void BeReady()
    {
        IsReady = true;
        World.Trace.Add(TraceKind.ClientReady, Connection);
        _ready.TrySetResult(true);
    }

    /// <summary>A message has got its answer.</summary>
    /// <param name="id">The message's id.</param>
    /// <param name="user">The user that the answer names.</param>
    protected void BeAnswered(string id, string? user)
    {
        World.Trace.Add(TraceKind.ClientAnswered, Connection, id, Name, user);
        Settle(id);
    }

    /// <summary>A message will not be answered.</summary>
    /// <param name="id">The message's id.</param>
    /// <param name="cause">Why.</param>
    protected void BeRefused(string id, string cause)
    {
        World.Trace.Add(TraceKind.ClientRefused, Connection, id, Name, cause);
        Settle(id);
    }

    /// <summary>Writes something that is no message of the application, ahead of those.</summary>
    /// <param name="message">The whole message.</param>
    protected void Write(ReadOnlyMemory<byte> message)
    {
        _control.Enqueue(message);
        Write();
    }

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        if (!_closed.Task.IsCompleted)
        {
            _isLeaving = true;
            Write();
            await Task.WhenAny(_closed.Task, World.DelayAsync(_patience));
        }

        await StartAsync("is gone", GiveUpAsync);
    }

    /// <inheritdoc/>
    protected override void Send(string id)
    {
        _unsettled.Add(id);
        _queue.Enqueue(id);
        Write();
    }

    private async Task RunAsync(Handshake handshake, TaskCompletionSource<bool> ready, TaskCompletionSource<bool> closed)
    {
        var answer = await handshake.Answer;
        var (code, cause) = (answer.Status, answer.Cause);
        if (answer.Socket is { } socket)
        {
            (_socket, _socketOf) = (socket, handshake);
            Opened();
            Write();
            (code, cause) = await ReadAsync(socket);
            (_socket, _socketOf) = _socket == socket ? (null, null) : (_socket, _socketOf);
            socket.Dispose();
        }

        if (closed.Task.IsCompleted)
        {
            return;
        }

        BeClosed(handshake, code, CauseOf(code, cause));
        ready.TrySetResult(false);
        closed.SetResult(true);
    }

    private void BeClosed(Handshake handshake, int code, string? cause)
    {
        (Code, Cause) = (code, cause);
        World.Trace.Add(TraceKind.ClientClosed, handshake.Connection, cause, number: code);

        // After an orderly goodbye to a server that was ready, everything has been answered. If it was not, nobody knows: the client believed.
        if (!(_isLeaving && IsReady && code == 1000))
        {
            Refuse([.. _unsettled.Except(_queue)], $"closed {code}");
        }
    }

    private Task GiveUpAsync()
    {
        if (!_closed.Task.IsCompleted)
        {
            // A machine that has vanished tells nobody; another one's system resets the connection.
            if (!Handshake!.IsSilent)
            {
                Handshake.Cut();
            }

            (_socket, _socketOf) = (null, null);
            BeClosed(Handshake, 1006, "gave up");
            _ready.TrySetResult(false);
            _closed.SetResult(true);
        }

        Refuse([.. _queue], "never sent");
        _queue.Clear();
        return Task.CompletedTask;
    }

    private async Task<(int Code, string? Cause)> ReadAsync(WebSocket socket)
    {
        var buffer = new byte[4096];
        var length = 0;
        try
        {
            while (true)
            {
                if (length == buffer.Length)
                {
                    Array.Resize(ref buffer, length * 2);
                }

                var read = await socket.ReceiveAsync(buffer.AsMemory(length), CancellationToken.None);
                if (read.MessageType == WebSocketMessageType.Close)
                {
                    await SendCloseAsync(socket);
                    return ((int)(socket.CloseStatus ?? WebSocketCloseStatus.Empty), socket.CloseStatusDescription);
                }

                length += read.Count;
                if (read.EndOfMessage)
                {
                    // What comes after the client has given up reaches nobody.
                    if (socket == _socket)
                    {
                        Handle(buffer.AsSpan(0, length));
                    }

                    length = 0;
                }
            }
        }
        catch (Exception e) when (IsTheEnd(e))
        {
            return (1006, null);
        }
    }

    private void Refuse(IEnumerable<string> ids, string cause)
    {
        foreach (var id in ids)
        {
            BeRefused(id, cause);
        }
    }

    private void Settle(string id)
    {
        _unsettled.Remove(id);
        var changed = _changed;
        _changed = new();
        changed.SetResult(true);
    }

    private void Write()
    {
        if (_socket is { } socket && !_isWriting)
        {
            _isWriting = true;
            _ = StartAsync("writes", () => WriteAsync(socket));
        }
    }

    private async Task WriteAsync(WebSocket socket)
    {
        try
        {
            while (socket == _socket)
            {
                if (_control.TryDequeue(out var control))
                {
                    await SendAsync(socket, control);
                }
                else if ((IsReady || !_isLeaving) && _queue.TryDequeue(out var id))
                {
                    await SendAsync(socket, Encode(id));
                }
                else
                {
                    if (_isLeaving)
                    {
                        await SendCloseAsync(socket);
                    }

                    return;
                }
            }
        }
        catch (Exception e) when (IsTheEnd(e))
        {
            // The reader finds out and says so.
        }
        finally
        {
            _isWriting = false;
            if (_socket is not null && _socket != socket)
            {
                Write();
            }
        }
    }

    private ValueTask SendAsync(WebSocket socket, ReadOnlyMemory<byte> message) =>
        OneAtATimeAsync(socket, () => socket.SendAsync(message, WebSocketMessageType.Text, WebSocketMessageFlags.EndOfMessage, CancellationToken.None));

    // A socket's second send waits for its first, and goes on on whatever thread the pool has: here they wait for each other before.
    private async ValueTask OneAtATimeAsync(WebSocket socket, Func<ValueTask> send)
    {
        while (_sending.TryGetValue(socket, out var before))
        {
            await before;
        }

        var sent = new TaskCompletionSource();
        _sending.Add(socket, sent.Task);
        try
        {
            await send();
        }
        finally
        {
            _sending.Remove(socket);
            sent.SetResult();
        }
    }

    private async Task SendCloseAsync(WebSocket socket)
    {
        try
        {
            if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
            {
                await OneAtATimeAsync(socket, () => new ValueTask(socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None)));
            }
        }
        catch (Exception e) when (IsTheEnd(e))
        {
            // It is over anyway.
        }
    }

    // What a socket says whose connection is gone: which of them depends on who noticed first. A socket that was aborted says that it was canceled.
    private static bool IsTheEnd(Exception e) => e is WebSocketException or IOException or InvalidOperationException or OperationCanceledException;
}
