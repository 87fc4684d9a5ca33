using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Threading.Channels;
using Airlock.Core;
using Microsoft.AspNetCore.Http;

namespace Airlock.Client.Tests.Reference;

/// <summary>One connection of the reference server: a reader, and a writer that pulls from the session's outbox by cursor.</summary>
public sealed class ReferenceConnection(ReferenceServer server, WebSocket socket, HttpContext context, string id)
{
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly ConcurrentQueue<Action<FrameWriter>> _control = new();
    private readonly TaskCompletionSource<int> _closedWith = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<string> _carriers = CarriersOf(context);
    private volatile ClosingFrame? _closing;
    private volatile ReferenceSession? _session;
    private long _generation;
    private long _cursor;
    private long _stored;
    private long _done;
    private bool _over;

    public string Id { get; } = id;

    public HelloFrame? Hello { get; private set; }

    /// <summary>Every frame that was read, in order.</summary>
    public ConcurrentQueue<Frame> Frames { get; } = new();

    public IReadOnlyList<string> Carriers => _carriers;

    /// <summary>The code of the close frame that the client sent, once it has.</summary>
    public Task<int> ClosedWith => _closedWith.Task;

    public void Wake() => _wake.Writer.TryWrite(true);

    public void Write(Action<FrameWriter> write)
    {
        _control.Enqueue(write);
        Wake();
    }

    public void Drain(long delay, TimeSpan by) =>
        Write(writer => writer.Write(new DrainFrame { Delay = delay, By = (DateTimeOffset.UtcNow + by).ToUnixTimeMilliseconds() }));

    public void Close(CloseReason reason, long? retryAfter = null)
    {
        var code = reason.CodeFor(Hello?.Resume is not null);
        _closing ??= ClosingFrame.Of(reason, code, retryAfter is { } after ? TimeSpan.FromMilliseconds(after) : null, hasSession: true);
        Wake();
    }

    public void Abort() => socket.Abort();

    public async Task RunAsync()
    {
        Write(writer => writer.Write(new OpenFrame
        {
            Version = 1,
            Connection = Id,
            Now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(),
            Deadlines = server.Deadlines,
            Hold = new HoldCredit { Messages = 8, Bytes = 16_384 },
            Limits = server.Sizes,
            Carriers = _carriers,
        }));
        var writing = WriteAsync();
        await ReadAsync();
        _over = true;
        Wake();
        await writing;
        Detach();
    }

    private static List<string> CarriersOf(HttpContext context)
    {
        var carriers = new List<string>();
        if (context.Request.Headers.Authorization.Count > 0)
        {
            carriers.Add("authorization");
        }

        if (context.WebSockets.WebSocketRequestedProtocols.Any(static name => name.StartsWith(Protocol.TokenPrefix, StringComparison.Ordinal)))
        {
            carriers.Add("subprotocol");
        }

        if (context.Request.Query.ContainsKey("ticket"))
        {
            carriers.Add("ticket");
        }

        return carriers;
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[1 << 20];
        var count = 0;
        try
        {
            while (true)
            {
                var result = await socket.ReceiveAsync(buffer.AsMemory(count), CancellationToken.None);
                if (result.MessageType == WebSocketMessageType.Close)
                {
                    _closedWith.TrySetResult((int?)socket.CloseStatus ?? 1005);
                    return;
                }

                count += result.Count;
                if (!result.EndOfMessage)
                {
                    continue;
                }

                Read(buffer.AsMemory(0, count).ToArray());
                count = 0;
            }
        }
        catch (Exception lost) when (lost is WebSocketException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            _closedWith.TrySetResult(1006);
        }
    }

    private void Read(byte[] message)
    {
        if (_closing is not null)
        {
            return;
        }

        var reader = new FrameReader(message, fromServer: false);
        var error = message.Length > server.Sizes.Message ? CloseReason.MessageTooLarge : null;
        while (error is null && reader.TryRead(out var frame))
        {
            Frames.Enqueue(frame);
            error = OnFrame(frame);
        }

        if ((error ?? reader.Error) is { } reason)
        {
            Close(reason);
        }

        Wake();
    }

    private CloseReason? OnFrame(in Frame frame)
    {
        switch (frame.Type)
        {
            case FrameType.Hello:
                if (Hello is not null)
                {
                    return CloseReason.HelloRepeated;
                }

                Hello = (HelloFrame)frame.Body!;
                var authed = server.Authenticate(Hello.Auth?.Token ?? Hello.Auth?.Ticket);
                Write(writer => writer.Write(authed));
                foreach (var gate in server.Gates)
                {
                    Write(writer => writer.Write(gate));
                }

                return Attach(Hello.Resume);
            case FrameType.Refresh:
                var refreshed = server.Authenticate(((RefreshFrame)frame.Body!).Token);
                Write(writer => writer.Write(refreshed));
                return null;
            case FrameType.Pong:
                return null;
            default:
                return _session is null ? CloseReason.HelloMissing : OnSessionFrame(frame);
        }
    }

    private CloseReason? Attach(ResumeRequest? resume)
    {
        IReadOnlyList<LostFrame>? lost = null;
        if (resume is not null)
        {
            lost = [new LostFrame { Direction = "down", From = resume.Received + 1 }];
            if (server.Sessions.TryGetValue(resume.Session ?? "", out var old))
            {
                lock (old)
                {
                    var positions = old.Core.Positions;
                    var before = old.Connection;
                    switch (old.Core.Attach(Id, resume.Attempt, resume.Received))
                    {
                        case ResumeVerdict.Stale:
                            return CloseReason.StaleAttempt;
                        case ResumeVerdict.Impossible:
                            return CloseReason.ResumeInvalid;
                        case ResumeVerdict.Resumed:
                            Enter(old, resume.Received, "resumed", null);
                            before?.Close(CloseReason.Superseded);
                            return null;
                        default:
                            lost = [.. Resume.Lost(positions, resume.Received).Select(range => new LostFrame { Direction = range.Direction == Direction.Up ? "up" : "down", From = range.From, To = range.To })];
                            old.Core.End();
                            server.Sessions.TryRemove(old.Id, out _);
                            server.Gone.Enqueue(old);
                            break;
                    }
                }
            }
        }

        var session = new ReferenceSession(Guid.NewGuid().ToString("N"), new SessionCore(Id, resume?.Attempt ?? 1, server.Limits));
        lock (session)
        {
            server.Sessions[session.Id] = session;
            Enter(session, 0, "new", lost);
        }

        return null;
    }

    private void Enter(ReferenceSession session, long cursor, string outcome, IReadOnlyList<LostFrame>? lost)
    {
        var (core, at) = (session.Core, session.Core.Positions);
        (_generation, _cursor, _stored, _done) = (core.Generation, cursor, at.Stored, at.Done);
        var ready = new ReadyFrame
        {
            Session = session.Id,
            Generation = core.Generation,
            Attempt = core.Attempt,
            Resume = outcome,
            Window = server.Limits.Window,
            Idle = server.Idle,
            Received = at.Stored,
            Done = at.Done,
            ReplayTo = at.Appended,
            Lost = lost,
        };
        Write(writer => writer.Write(ready));
        // Only now may the writer, which runs beside this, look at the session.
        session.Connection = this;
        _session = session;
    }

    private CloseReason? OnSessionFrame(in Frame frame)
    {
        lock (_session!)
        {
            var core = _session.Core;
            if (frame.Acked is { } acked && Reception.CauseOf(core.Acknowledge(_generation, acked)) is { } wrong)
            {
                return wrong;
            }

            switch (frame.Type)
            {
                case FrameType.Data:
                    var verdict = core.Append(_generation, frame.Sequence, frame.Id!, frame.Payload, frame.TraceParent.IsEmpty ? null : System.Text.Encoding.ASCII.GetString(frame.TraceParent.Span));
                    return Reception.CauseOf(verdict);
                case FrameType.Stop:
                    core.Stop(_generation, frame.Sequence);
                    break;
                case FrameType.Bye:
                    core.EndInput(_generation);
                    break;
                default:
                    break;
            }

            Work();
            // Not in Work: the writer calls that too, and would wake itself for ever.
            _session!.Connection?.Wake();
            return null;
        }
    }

    /// <summary>Handles what is stored. One thread a session: its lock is held.</summary>
    private void Work()
    {
        var core = _session!.Core;
        while (core.Inbox.Next is { } next && !core.Outbox.IsFull)
        {
            var done = core.Inbox.Done;
            server.Handle(_session, next);
            if (core.Inbox.Done == done)
            {
                break;
            }

            _session.Handled.Add(next);
        }
    }

    private void Detach()
    {
        if (_session is { } session)
        {
            lock (session)
            {
                if (session.Core.Detach(_generation))
                {
                    session.Connection = null;
                }
            }
        }
    }

    private async Task WriteAsync()
    {
        using var writer = new FrameWriter();
        try
        {
            while (!_over)
            {
                writer.Begin();
                var last = Fill(writer);
                if (writer.Frames > 0)
                {
                    await socket.SendAsync(writer.Finish(), WebSocketMessageType.Text, true, CancellationToken.None);
                }
                else if (!last)
                {
                    await _wake.Reader.ReadAsync();
                }

                if (last)
                {
                    await socket.CloseOutputAsync((WebSocketCloseStatus)_closing!.Code, _closing.Cause, CancellationToken.None);
                    return;
                }
            }

            if (socket.State == WebSocketState.CloseReceived)
            {
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", CancellationToken.None);
            }
        }
        catch (Exception lost) when (lost is WebSocketException or IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // The reader tells.
        }
    }

    private bool Fill(FrameWriter writer)
    {
        while (writer.Frames < 32 && _control.TryDequeue(out var write))
        {
            write(writer);
        }

        if (_closing is { } closing && writer.Frames == 0)
        {
            writer.Write(closing);
            return true;
        }

        // In this order: what is queued before the session is set is written before it is looked at.
        if (_session is not { } session || !_control.IsEmpty)
        {
            return false;
        }

        lock (session)
        {
            if (session.Core.Generation != _generation)
            {
                return false;
            }

            Work();
            while (writer.Frames < 32 && writer.Bytes < 60_000 && session.Core.Outbox.After(_cursor) is { } entry)
            {
                _cursor = entry.Sequence;
                writer.Write(entry);
            }

            // Only when every entry is written: what a done message was answered with comes before its d.
            var at = session.Core.Positions;
            if (session.Core.Outbox.After(_cursor) is null && (at.Stored > _stored || at.Done > _done))
            {
                (_stored, _done) = (at.Stored, at.Done);
                writer.WriteAck(at.Stored, at.Done);
            }

            if (session.Core.IsFinished)
            {
                Close(CloseReason.Bye);
            }
        }

        return false;
    }
}
