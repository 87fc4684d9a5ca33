using System.Buffers;
using System.Globalization;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Airlock.Core;
using Airlock.Lab.Simulation;
using Airlock.Lab.Traces;

namespace Airlock.Lab.Subjects.Production;

/// <summary>A client that does what the shipped one never does: it sends before ready, dials while its connection stands, twice with one number, and need not say what it can (<c>spec/wire.md</c>). Else it keeps what is not yet done and sends it again where the session goes on.</summary>
/// <remarks>Dialing again gives up the connection before; what still comes there is not looked at.</remarks>
internal sealed class HostilePeer(World world, string name, string user) : Client(world, name, user)
{
    private const int BatchMax = 16;
    private static readonly string[] _kinds = [.. Enum.GetNames<FrameType>().Select(static kind => kind.ToLowerInvariant())];

    /// <summary>How long a dial may take: longer than all that a server may take.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(2);

    private readonly List<(long Sequence, string Id)> _outbox = [];
    private readonly Dictionary<long, string> _ids = [];
    private readonly List<Channel> _given = [];
    private Channel? _channel;
    private TaskCompletionSource _changed = new();
    private string? _session;
    private string _sessionName = $"{name}/";
    private long _attempt;
    private long _sequence;
    private long _done;
    private long _received;
    private bool _saysBye;

    public override int Unsettled => _outbox.Count;

    public override Task WhenClosed => _channel?.WhenClosed.Task ?? Task.CompletedTask;

    protected override bool SaysGoodbye => _channel is { IsReady: true };

    public override Task<bool> ConnectAsync(DialOptions? options = null)
    {
        // A number of its own for every dial, taken now: whichever hello comes first, the server can tell the later dial.
        var resume = _session is null ? null : new ResumeRequest { Session = _session, Attempt = RepeatsAttempt ? _attempt : ++_attempt, Received = _received };
        Handshake = World.Dial(User, options ?? new DialOptions());
        var channel = _channel = new Channel(Handshake, resume);
        _given.Add(channel);
        _ = StartAsync("dials", () => RunAsync(channel));
        return InTimeAsync(channel);
    }

    public override async Task WhenSettledAsync()
    {
        var closed = WhenClosed;
        while (_outbox.Count > 0 && !closed.IsCompleted)
        {
            await Task.WhenAny(_changed.Task, closed);
        }
    }

    public override Task CloseAsync()
    {
        if (_channel is not { } channel)
        {
            return Task.CompletedTask;
        }

        GiveUp(channel);
        return StartAsync("closes", () => CloseAsync(channel));
    }

    public override void SendRaw(string message)
    {
        _channel!.Raw.Enqueue(message);
        Write(_channel);
    }

    protected override async Task EndAsync()
    {
        if (_channel is not { } channel)
        {
            return;
        }

        if (channel.IsReady)
        {
            _saysBye = true;
            Write(channel);
        }
        else if (channel.Socket is not null)
        {
            await CloseAsync(channel);
        }

        using var over = new CancellationTokenSource();
        await Task.WhenAny(channel.WhenClosed.Task, Task.Delay(TimeSpan.FromMinutes(1), World.Scheduler.Time, over.Token));
        over.Cancel();
        if (!channel.WhenClosed.Task.IsCompleted)
        {
            channel.Handshake.Cut();
        }

        // Those that were given up without an end: the client lets go of them, and the server finds out by itself.
        foreach (var given in _given)
        {
            given.Socket?.Abort();
        }
    }

    protected override void Send(string id)
    {
        _outbox.Add((++_sequence, id));
        _ids[_sequence] = id;
        Write(_channel);
    }

    private async Task<bool> InTimeAsync(Channel channel)
    {
        using var answered = new CancellationTokenSource();
        await Task.WhenAny(channel.WhenReady.Task, Task.Delay(_patience, World.Scheduler.Time, answered.Token));
        answered.Cancel();
        if (!channel.WhenReady.Task.IsCompleted)
        {
            GiveUp(channel);
            channel.IsHopeless = true;
            channel.Socket?.Abort();
        }

        return await channel.WhenReady.Task;
    }

    /// <summary>What is not answered there is the client's own doing.</summary>
    private void GiveUp(Channel channel)
    {
        channel.IsGivenUp = true;
        World.Trace.Add(TraceKind.Fault, channel.Handshake.Connection, "the client gives up");
    }

    private async Task RunAsync(Channel channel)
    {
        var answer = await channel.Handshake.Answer;
        var (code, cause) = (answer.Status, answer.Cause);
        if (answer.Socket is { } socket)
        {
            channel.Socket = socket;
            if (channel.IsHopeless)
            {
                socket.Abort();
            }
            else if (channel.IsGivenUp)
            {
                await CloseAsync(channel);
            }

            (code, cause) = await ReadAsync(channel, socket);
            (channel.IsReady, channel.Socket) = (false, null);
            socket.Dispose();
        }

        World.Trace.Add(TraceKind.ClientClosed, channel.Handshake.Connection, cause, number: code);
        if (channel == _channel)
        {
            (Code, Cause) = (code, cause);
        }

        channel.WhenReady.TrySetResult(false);
        channel.WhenClosed.SetResult();
    }

    private async Task<(int Code, string? Cause)> ReadAsync(Channel channel, WebSocket socket)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(16 * 1024);
        var length = 0;
        string? cause = null;
        try
        {
            while (true)
            {
                if (length == buffer.Length)
                {
                    var larger = ArrayPool<byte>.Shared.Rent(length * 2);
                    buffer.CopyTo(larger, 0);
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = larger;
                }

                var read = await socket.ReceiveAsync(buffer.AsMemory(length), CancellationToken.None);
                if (read.MessageType == WebSocketMessageType.Close)
                {
                    await CloseAsync(channel);
                    return ((int)(socket.CloseStatus ?? WebSocketCloseStatus.Empty), cause ?? socket.CloseStatusDescription);
                }

                length += read.Count;
                if (read.EndOfMessage)
                {
                    var reader = new FrameReader(buffer.AsMemory(0, length), fromServer: true);
                    while (reader.TryRead(out var frame))
                    {
                        cause = (frame.Body as ClosingFrame)?.Cause ?? cause;
                        Handle(channel, frame);
                    }

                    length = 0;
                    Signal();
                    Write(channel);
                }
            }
        }
        catch (Exception e) when (e is WebSocketException or IOException or InvalidOperationException or OperationCanceledException)
        {
            return (1006, cause);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void Handle(Channel channel, in Frame frame)
    {
        if (frame.Type == FrameType.Open)
        {
            var hello = new HelloFrame { Version = Protocol.Version, Client = "lab/1", Instance = Name, Can = SaysGap ? [Protocol.Gap] : null, Resume = channel.Resume, Auth = Token is null ? null : new HelloCredentials { Token = Token } };
            channel.Control.Enqueue(writer => writer.Write(hello));
            // Without a session what waits may go along at once, within the credit; who resumes first has to hear how far the server is.
            (channel.MaySend, channel.Window) = (channel.Resume is null && SendsEarly, ((OpenFrame)frame.Body!).Hold.Messages);
        }

        if (channel != _channel)
        {
            if (frame.Type == FrameType.Ready)
            {
                _ = CloseAsync(channel);
            }

            return;
        }

        switch (frame.Type)
        {
            case FrameType.Ping when AnswersPings:
                channel.Control.Enqueue(static writer => writer.Write(FrameType.Pong));
                break;
            case FrameType.Refresh when Refreshes:
                channel.Control.Enqueue(writer => writer.Write(new RefreshFrame { Token = Token }));
                break;
            case FrameType.Ready:
                BeReady(channel, (ReadyFrame)frame.Body!);
                break;
            case FrameType.Data or FrameType.End or FrameType.Void or FrameType.Nack or FrameType.Gap:
                Take(channel.Handshake.Connection, frame);
                break;
        }

        Settle(frame.Done);
    }

    private void BeReady(Channel channel, ReadyFrame ready)
    {
        _attempt = Math.Max(_attempt, ready.Attempt);
        channel.Window = ready.Window;
        foreach (var lost in ready.Lost ?? [])
        {
            World.Trace.Add(TraceKind.ClientGot, channel.Handshake.Connection, "lost", Name, $"{lost.Direction} {lost.From} {lost.To}");
        }

        if (ready.Resume == "new" && _session is not null)
        {
            // What the old session may or may not have handled is the application's to know; the ids are the same, so it can be asked again.
            World.Trace.Add(TraceKind.ClientGot, channel.Handshake.Connection, "lost", Name, $"session {_sessionName}");
            (_received, _sequence, _done) = (0, 0, 0);
            SessionsLost++;
            for (var i = 0; i < _outbox.Count; i++)
            {
                _outbox[i] = (++_sequence, _outbox[i].Id);
                _ids[_sequence] = _outbox[i].Id;
            }
        }

        if (_session != ready.Session)
        {
            (_session, _sessionName) = (ready.Session, $"{Name}/{ready.Session[..6]}");
        }

        channel.Sent = Math.Max(channel.Sent, ready.Received);
        channel.Acked = channel.Resume is null || ready.Resume == "new" ? 0 : channel.Resume.Received;
        (channel.MaySend, channel.IsReady) = (true, true);
        World.Trace.Add(TraceKind.ClientReady, channel.Handshake.Connection);
        Settle(ready.Done);
        channel.WhenReady.TrySetResult(true);
    }

    private void Take(string connection, in Frame frame)
    {
        var kind = _kinds[(int)frame.Type];
        var content = frame.Payload.Length > 0 ? JsonSerializer.Deserialize<string>(frame.Payload.Span) : frame.Cause;
        World.Trace.Add(TraceKind.ClientGot, connection, kind, Name, _sessionName, frame.Sequence);
        if (frame.Sequence <= _received)
        {
            return;
        }

        _received = frame.Sequence;
        if (frame.Provisional || frame.Type is FrameType.End or FrameType.Void)
        {
            World.Trace.Add(TraceKind.ClientProvisional, connection, kind, frame.Try.ToString(CultureInfo.InvariantCulture), _sessionName, frame.Re);
        }

        Gaps += frame.Type == FrameType.Gap ? 1 : 0;

        if (frame.Type == FrameType.Nack)
        {
            Refuse(connection, frame.Re, content!);
        }
        else if (frame.Type == FrameType.Data && !frame.Provisional && frame.Re > 0)
        {
            var parts = content!.Split(' ');
            World.Trace.Add(TraceKind.ClientAnswered, connection, parts[0], Name, parts[1]);
        }
    }

    private void Refuse(string connection, long sequence, string cause)
    {
        // It may be settled by now: what ready tells to be done can run ahead of the replay that tells how.
        if (_ids.TryGetValue(sequence, out var id))
        {
            World.Trace.Add(TraceKind.ClientRefused, connection, id, Name, cause);
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
    private void Write(Channel? channel)
    {
        if (channel is { Socket: not null, IsWriting: false })
        {
            channel.IsWriting = true;
            _ = StartAsync("writes", () => WriteAsync(channel));
        }
    }

    private async Task WriteAsync(Channel channel)
    {
        using var writer = new FrameWriter();
        try
        {
            while (channel.Socket is { } socket)
            {
                if (channel.MaySend && channel.Raw.TryDequeue(out var raw))
                {
                    await socket.SendAsync(Encoding.UTF8.GetBytes(raw), WebSocketMessageType.Text, WebSocketMessageFlags.EndOfMessage, CancellationToken.None);
                    continue;
                }

                Compose(channel, writer);
                if (writer.Frames == 0)
                {
                    return;
                }

                await socket.SendAsync(writer.Finish(), WebSocketMessageType.Text, WebSocketMessageFlags.EndOfMessage, CancellationToken.None);
            }
        }
        catch (Exception e) when (e is WebSocketException or IOException or InvalidOperationException or OperationCanceledException)
        {
            // The reader finds out and says so.
        }
        finally
        {
            channel.IsWriting = false;
        }
    }

    private void Compose(Channel channel, FrameWriter writer)
    {
        writer.Begin();
        while (channel.Control.TryDequeue(out var write))
        {
            write(writer);
        }

        if (channel != _channel)
        {
            return;
        }

        if (channel.MaySend)
        {
            var batch = 0;
            foreach (var (sequence, id) in _outbox)
            {
                if (sequence > _done + channel.Window || batch == BatchMax)
                {
                    break;
                }

                if (sequence <= channel.Sent)
                {
                    continue;
                }

                batch++;
                writer.WriteData(sequence, id, Encoding.UTF8.GetBytes($"\"{id}\""));
                channel.Sent = sequence;
            }
        }

        if (!channel.IsReady)
        {
            return;
        }

        if (_received > channel.Acked)
        {
            writer.WriteAck(channel.Acked = _received);
        }

        if (_saysBye && _outbox.All(m => m.Sequence <= channel.Sent))
        {
            _saysBye = false;
            writer.Write(FrameType.Bye);
        }
    }

    private static async Task CloseAsync(Channel channel)
    {
        try
        {
            if (channel.Socket is { State: WebSocketState.Open or WebSocketState.CloseReceived } socket)
            {
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
            }
        }
        catch (Exception e) when (e is WebSocketException or IOException or InvalidOperationException or OperationCanceledException)
        {
            // It is over anyway.
        }
    }
}
