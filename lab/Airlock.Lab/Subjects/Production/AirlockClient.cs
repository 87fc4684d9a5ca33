using System.Globalization;
using System.Net.WebSockets;
using System.Text.Json;
using Airlock.Core;
using Airlock.Lab.Simulation;
using Airlock.Lab.Traces;

namespace Airlock.Lab.Subjects.Production;

/// <summary>An honest client of the protocol (<c>spec/wire.md</c>), small enough to read: it keeps what is not yet done and sends it again where the session goes on.</summary>
internal sealed class AirlockClient : Client
{
    private const int BatchMax = 16;
    private readonly List<(long Sequence, string Id)> _outbox = [];
    private readonly Queue<Action<FrameWriter>> _control = new();
    private WebSocket? _socket;
    private TaskCompletionSource<bool> _ready = new();
    private TaskCompletionSource _closed = new();
    private TaskCompletionSource _changed = new();
    private string? _session;
    private long _attempt;
    private long _sequence;
    private long _done;
    private long _received;
    private long _sent;
    private long _acked;
    private int _window;
    private bool _maySend;
    private bool _isWriting;
    private bool _isReady;
    private bool _saysBye;

    public AirlockClient(World world, string name, string user)
        : base(world, name, user) => _closed.SetResult();

    public override int Unsettled => _outbox.Count;

    public override Task WhenClosed => _closed.Task;

    public override async Task<bool> ConnectAsync(DialOptions? options = null)
    {
        (_ready, _closed) = (new(), new());
        (_sent, _acked, _maySend, _isReady, _isWriting) = (0, 0, false, false, false);
        _control.Clear();
        Handshake = World.Dial(User, options ?? new DialOptions());
        _ = StartAsync("dials", () => RunAsync(Handshake, _ready, _closed));
        return await _ready.Task;
    }

    public override async Task WhenSettledAsync()
    {
        while (_outbox.Count > 0 && !_closed.Task.IsCompleted)
        {
            await Task.WhenAny(_changed.Task, _closed.Task);
        }
    }

    protected override bool SaysGoodbye => _isReady;

    protected override async Task EndAsync()
    {
        if (_closed.Task.IsCompleted)
        {
            return;
        }

        if (_isReady)
        {
            _saysBye = true;
            Write();
        }
        else if (_socket is not null)
        {
            await CloseAsync();
        }

        await Task.WhenAny(_closed.Task, World.DelayAsync(TimeSpan.FromMinutes(1)));
        if (!_closed.Task.IsCompleted)
        {
            Handshake!.Cut();
        }
    }

    protected override void Send(string id)
    {
        _outbox.Add((++_sequence, id));
        Write();
    }

    private async Task RunAsync(Handshake handshake, TaskCompletionSource<bool> ready, TaskCompletionSource closed)
    {
        var answer = await handshake.Answer;
        var (code, cause) = (answer.Status, answer.Cause);
        if (answer.Socket is { } socket)
        {
            _socket = socket;
            (code, cause) = await ReadAsync(socket);
            (_isReady, _socket) = (false, null);
            socket.Dispose();
        }

        World.Trace.Add(TraceKind.ClientClosed, handshake.Connection, cause, number: code);
        ready.TrySetResult(false);
        closed.SetResult();
    }

    private async Task<(int Code, string? Cause)> ReadAsync(WebSocket socket)
    {
        var buffer = new byte[16 * 1024];
        var length = 0;
        string? cause = null;
        try
        {
            while (true)
            {
                var read = await socket.ReceiveAsync(buffer.AsMemory(length), CancellationToken.None);
                if (read.MessageType == WebSocketMessageType.Close)
                {
                    await CloseAsync();
                    return ((int)(socket.CloseStatus ?? WebSocketCloseStatus.Empty), cause ?? socket.CloseStatusDescription);
                }

                length += read.Count;
                if (read.EndOfMessage)
                {
                    var reader = new FrameReader(buffer.AsMemory(0, length), fromServer: true);
                    while (reader.TryRead(out var frame))
                    {
                        cause = (frame.Body as ClosingFrame)?.Cause ?? cause;
                        Handle(frame);
                    }

                    length = 0;
                    Signal();
                    Write();
                }
            }
        }
        catch (Exception e) when (e is WebSocketException or IOException or InvalidOperationException)
        {
            return (1006, cause);
        }
    }

    private void Handle(in Frame frame)
    {
        switch (frame.Type)
        {
            case FrameType.Open:
                var resume = _session is null ? null : new ResumeRequest { Session = _session, Attempt = ++_attempt, Received = _received };
                var hello = new HelloFrame { Version = Protocol.Version, Client = "lab/1", Instance = Name, Resume = resume, Auth = Token is null ? null : new HelloCredentials { Token = Token } };
                _control.Enqueue(writer => writer.Write(hello));
                // Without a session what waits may go along at once, within the credit; who resumes first has to hear how far the server is.
                (_maySend, _window) = (resume is null, ((OpenFrame)frame.Body!).Hold.Messages);
                break;
            case FrameType.Ping:
                _control.Enqueue(static writer => writer.Write(FrameType.Pong));
                break;
            case FrameType.Ready:
                BeReady((ReadyFrame)frame.Body!);
                break;
            case FrameType.Data or FrameType.End or FrameType.Void or FrameType.Nack:
                Take(frame);
                break;
        }

        Settle(frame.Done);
    }

    private void BeReady(ReadyFrame ready)
    {
        _attempt = ready.Attempt;
        _window = ready.Window;
        foreach (var lost in ready.Lost ?? [])
        {
            World.Trace.Add(TraceKind.ClientGot, Handshake!.Connection, "lost", Name, $"{lost.Direction} {lost.From} {lost.To}");
        }

        if (ready.Resume == "new" && _session is not null)
        {
            // What the old session may or may not have handled is the application's to know; the ids are the same, so it can be asked again.
            (_received, _sequence, _done) = (0, 0, 0);
            for (var i = 0; i < _outbox.Count; i++)
            {
                _outbox[i] = (++_sequence, _outbox[i].Id);
            }
        }

        _session = ready.Session;
        _sent = Math.Max(_sent, ready.Received);
        (_maySend, _isReady) = (true, true);
        World.Trace.Add(TraceKind.ClientReady, Handshake!.Connection);
        Settle(ready.Done);
        _ready.TrySetResult(true);
    }

    private void Take(in Frame frame)
    {
        var kind = frame.Type.ToString().ToLowerInvariant();
        var content = frame.Payload.Length > 0 ? JsonSerializer.Deserialize<string>(frame.Payload.Span) : frame.Cause ?? kind;
        World.Trace.Add(TraceKind.ClientGot, Handshake!.Connection, kind, Name, SessionName, frame.Sequence);
        World.Trace.Add(TraceKind.Denoted, "", $"{SessionName} down", to: $"{kind} {content}", number: frame.Sequence);
        if (frame.Sequence <= _received)
        {
            return;
        }

        _received = frame.Sequence;
        if (frame.Provisional || frame.Type is FrameType.End or FrameType.Void)
        {
            World.Trace.Add(TraceKind.ClientProvisional, Handshake.Connection, kind, frame.Try.ToString(CultureInfo.InvariantCulture), SessionName, frame.Re);
        }

        if (frame.Type == FrameType.Nack)
        {
            Refuse(frame.Re, content!);
        }
        else if (frame.Type == FrameType.Data && !frame.Provisional && frame.Re > 0)
        {
            var parts = content!.Split(' ');
            World.Trace.Add(TraceKind.ClientAnswered, Handshake!.Connection, parts[0], Name, parts[1]);
        }
    }

    private string SessionName => $"{Name}/{_session?[..6]}";

    private void Refuse(long sequence, string cause)
    {
        if (_outbox.FirstOrDefault(m => m.Sequence == sequence) is { Id: { } id })
        {
            World.Trace.Add(TraceKind.ClientRefused, Handshake!.Connection, id, Name, cause);
        }
    }

    private void Settle(long? done)
    {
        if (done > _done)
        {
            _done = done.Value;
            _outbox.RemoveAll(m => m.Sequence <= done);
        }
    }

    private void Signal()
    {
        var changed = _changed;
        _changed = new();
        changed.SetResult();
    }

    /// <summary>Whoever has something to send and finds nobody sending sends it: one writer.</summary>
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
        using var writer = new FrameWriter();
        try
        {
            while (socket == _socket)
            {
                writer.Begin();
                while (_control.TryDequeue(out var write))
                {
                    write(writer);
                }

                if (_maySend)
                {
                    foreach (var (sequence, id) in _outbox.Where(m => m.Sequence > _sent && m.Sequence <= _done + _window).Take(BatchMax).ToArray())
                    {
                        writer.WriteData(sequence, id, JsonSerializer.SerializeToUtf8Bytes(id));
                        _sent = sequence;
                    }
                }

                if (_isReady && _received > _acked)
                {
                    writer.WriteAck(_acked = _received);
                }

                if (_isReady && _saysBye && _outbox.All(m => m.Sequence <= _sent))
                {
                    _saysBye = false;
                    writer.Write(FrameType.Bye);
                }

                if (writer.Frames == 0)
                {
                    return;
                }

                await socket.SendAsync(writer.Finish(), WebSocketMessageType.Text, WebSocketMessageFlags.EndOfMessage, CancellationToken.None);
            }
        }
        catch (Exception e) when (e is WebSocketException or IOException or InvalidOperationException)
        {
            // The reader finds out and says so.
        }
        finally
        {
            // A new connection may have been made meanwhile, with a writer of its own.
            if (socket == _socket || _socket is null)
            {
                _isWriting = false;
            }
        }
    }

    private async Task CloseAsync()
    {
        try
        {
            if (_socket is { State: WebSocketState.Open or WebSocketState.CloseReceived } socket)
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
