using System.Net.WebSockets;
using Airlock.Lab.Simulation;
using Airlock.Lab.Traces;

namespace Airlock.Lab.Subjects.Legacy;

/// <summary>The incident's front end (dossier §1.1): an open socket is a ready one, so its queue is flushed at once. Unlike the real one it tells its application what may be lost.</summary>
internal sealed class LegacyClient : Client
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(1);
    private readonly List<string> _unsettled = [];
    private readonly Queue<string> _queue = new();
    private readonly Queue<LegacyFrame> _control = new();
    private TaskCompletionSource<bool> _ready = new();
    private TaskCompletionSource<bool> _closed = new();
    private TaskCompletionSource<bool> _changed = new();
    private WebSocket? _socket;
    private bool _isReady;
    private bool _isWriting;
    private bool _isLeaving;
    private int _got;

    public LegacyClient(World world, string name, string user)
        : base(world, name, user) => _closed.SetResult(true);

    public override int Unsettled => _unsettled.Count;

    public override Task WhenClosed => _closed.Task;

    public override async Task<bool> ConnectAsync(DialOptions? options = null)
    {
        (_ready, _closed, _isReady, _isLeaving, _got) = (new(), new(), false, false, 0);
        _control.Clear();
        options ??= new DialOptions();
        Handshake = World.Dial(User, options with { Token = options.Token ?? Token });
        _ = StartAsync("dials", () => RunAsync(Handshake, _ready, _closed));
        return await _ready.Task;
    }

    public override async Task WhenSettledAsync()
    {
        while (_unsettled.Count > 0 && !_closed.Task.IsCompleted)
        {
            await Task.WhenAny(_changed.Task, _closed.Task);
        }
    }

    protected override bool SaysGoodbye => _isReady && _socket is not null;

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
            _socket = socket;
            Write();
            (code, cause) = await ReadAsync(socket);
            _socket = _socket == socket ? null : _socket;
            socket.Dispose();
        }

        if (closed.Task.IsCompleted)
        {
            return;
        }

        BeClosed(code, cause);
        ready.TrySetResult(false);
        closed.SetResult(true);
    }

    private void BeClosed(int code, string? cause)
    {
        (Code, Cause) = (code, cause);
        World.Trace.Add(TraceKind.ClientClosed, Handshake!.Connection, cause, number: code);

        // After an orderly goodbye to a server that was ready, everything has been answered. If it was not, nobody knows: the front end believed.
        if (!(_isLeaving && _isReady && code == 1000))
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

            _socket = null;
            BeClosed(1006, "gave up");
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
                        Handle(LegacyFrame.Parse(buffer.AsSpan(0, length)));
                    }

                    length = 0;
                }
            }
        }
        catch (Exception e) when (e is WebSocketException or IOException or InvalidOperationException)
        {
            return (1006, null);
        }
    }

    private void Handle(LegacyFrame frame)
    {
        switch (frame.Type)
        {
            case "system_message" when frame.Event == "connection_established":
                _isReady = true;
                World.Trace.Add(TraceKind.ClientReady, Handshake!.Connection);
                _ready.TrySetResult(true);
                break;
            case "agent_event":
                Hear(frame.Content!);
                break;
            case "reply":
                if (frame.Event is { } last)
                {
                    Hear($"{frame.MessageId} {frame.Content} {last}");
                }

                World.Trace.Add(TraceKind.ClientAnswered, Handshake!.Connection, frame.MessageId, Name, frame.Content);
                Settle(frame.MessageId!);
                break;
            case "error" when frame.MessageId is { } id:
                Refuse([id], frame.Content!);
                break;
            case "ping" when AnswersPings:
                _control.Enqueue(new LegacyFrame("pong"));
                Write();
                break;
        }
    }

    // The legacy had no numbers: these are the client's own, of one connection.
    private void Hear(string content)
    {
        var (connection, session) = (Handshake!.Connection, $"{Name}/{Handshake.Connection}");
        World.Trace.Add(TraceKind.ClientGot, connection, "data", Name, session, ++_got);
        World.Trace.Add(TraceKind.Denoted, "", $"{session} down", to: $"data {content}", number: _got);
    }

    private void Refuse(IEnumerable<string> ids, string cause)
    {
        foreach (var id in ids)
        {
            World.Trace.Add(TraceKind.ClientRefused, Handshake?.Connection ?? "", id, Name, cause);
            Settle(id);
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
                if (_control.TryDequeue(out var frame))
                {
                    await socket.SendAsync(frame.ToBytes(), WebSocketMessageType.Text, WebSocketMessageFlags.EndOfMessage, CancellationToken.None);
                }
                else if ((_isReady || !_isLeaving) && _queue.TryDequeue(out var id))
                {
                    await socket.SendAsync(new LegacyFrame("user_message") { MessageId = id }.ToBytes(), WebSocketMessageType.Text, WebSocketMessageFlags.EndOfMessage, CancellationToken.None);
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
        catch (Exception e) when (e is WebSocketException or IOException or InvalidOperationException)
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

    private static async Task SendCloseAsync(WebSocket socket)
    {
        try
        {
            if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
            {
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
            }
        }
        catch (Exception e) when (e is WebSocketException or IOException or InvalidOperationException)
        {
            // It is over anyway.
        }
    }
}
