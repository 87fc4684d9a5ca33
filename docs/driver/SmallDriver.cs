using System.Net.WebSockets;
using System.Threading.Channels;
using Airlock.Core;

namespace Airlock.Samples;

/// <summary>A driver of Airlock.Core in one file: everybody is a guest, nothing is waited for, and each message is answered at once.</summary>
public sealed class SmallDriver
{
    private readonly SmallServer _server;
    private readonly WebSocket _socket;
    private readonly LifecycleTimeouts _timeouts = new();
    private readonly ConnectionLifecycle _lifecycle;
    private readonly Queue<LifecycleEvent> _events = new();
    private readonly Queue<Action<FrameWriter>> _control = new();
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly EarlyMessages _early;
    private readonly HoldCredit _credit = new() { Messages = 8, Bytes = 16_384 };
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ITimer _timer;
    private readonly long _startedAt;
    private bool _isAtEvents;
    private bool _isOver;
    private long _heardAt;
    private HelloFrame? _hello;
    private (string Id, SessionCore Core, long Generation, bool IsResumed, IReadOnlyList<LostRange>? Lost)? _attached;
    private bool _isServing;
    private long _cursor;
    private (long Stored, long Done) _told;
    private (int Code, CloseReason Reason, TimeSpan? RetryAfter, bool HasSession)? _closing;

    /// <summary>A driver for a socket that was accepted.</summary>
    public SmallDriver(SmallServer server, WebSocket socket, string id)
    {
        (_server, _socket, Id) = (server, socket, id);
        _lifecycle = new ConnectionLifecycle(_timeouts);
        _early = new EarlyMessages(_credit, _credit);
        _startedAt = server.Time.GetTimestamp();
        _timer = server.Time.CreateTimer(static driver => ((SmallDriver)driver!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The connection's one id.</summary>
    public string Id { get; }

    private long Now => _server.Time.GetElapsedTime(_startedAt).Ticks;

    // What a frame means depends on how far the connection is (spec/reception-table.md).
    private ReceptionPhase Phase => _lifecycle.State >= ConnectionState.Closing ? ReceptionPhase.Ending
        : _isServing ? ReceptionPhase.Serving
        : _hello is not null ? ReceptionPhase.Starting
        : ReceptionPhase.BeforeHello;

    /// <summary>Runs the connection to its end.</summary>
    public async Task RunAsync()
    {
        Post(LifecycleEvent.UpgradeAccepted());
        var writing = WriteAsync();
        await ReadAsync();
        // Both close frames have gone by, or their deadline has passed.
        await _ended.Task;
        // The last act, whatever happened: nothing of the connection is left behind.
        Post(LifecycleEvent.ScopeLeft());
        _isOver = true;
        Wake();
        await writing;
        await _timer.DisposeAsync();
    }

    /// <summary>Cuts the transport, as a network does that breaks.</summary>
    public void Abort() => _socket.Abort();

    /// <summary>There is something to write.</summary>
    public void Wake() => _wake.Writer.TryWrite(true);

    /// <summary>1. Every event goes to the lifecycle, one after another, and after each its effects are run before the next.</summary>
    private void Post(in LifecycleEvent e)
    {
        lock (_server.Lock)
        {
            _events.Enqueue(e);
            if (_isAtEvents)
            {
                return;
            }

            _isAtEvents = true;
            while (_events.TryDequeue(out var next))
            {
                var transition = _lifecycle.Apply(next, Now);
                for (var i = 0; i < transition.Effects.Count; i++)
                {
                    Run(transition.Effects[i], transition);
                }
            }

            _isAtEvents = false;
            // 2. One timer, for the deadline that is due next.
            _timer.Change(_lifecycle.NextDeadline is { } deadline ? TimeSpan.FromMilliseconds(Math.Max(0, Math.Ceiling(TimeSpan.FromTicks(deadline.Due - Now).TotalMilliseconds))) : Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        Wake();
    }

    private void OnTimer()
    {
        (DeadlineKind Kind, long Due)? next;
        lock (_server.Lock)
        {
            next = _lifecycle.NextDeadline;
        }

        // One that rings too early is refused as stale, and the timer is set again.
        if (next is var (kind, due))
        {
            Post(LifecycleEvent.DeadlineElapsed(kind, due, PeerSigns.None with { HeardAt = Volatile.Read(ref _heardAt) }));
        }
    }

    /// <summary>3. What the lifecycle orders. What it acquires is answered with the effect's id, at once or later.</summary>
    private void Run(in Effect effect, in Transition transition)
    {
        switch (effect.Kind)
        {
            case EffectKind.SendOpen:
                Send(writer => writer.Write(new OpenFrame
                {
                    Version = Protocol.Version,
                    Connection = Id,
                    Now = Epoch(Now),
                    Deadlines = new PhaseDeadlines { Hello = Ms(_timeouts.Hello), Authentication = Ms(_timeouts.Authentication), Gate = Ms(_timeouts.Gate), Attach = Ms(_timeouts.Attach) },
                    Hold = _credit,
                    Limits = new MessageLimits { Message = 65_536, Frames = WireLimits.FramesMax },
                    Carriers = [],
                }));
                break;
            case EffectKind.Authenticate:
                Post(LifecycleEvent.AuthenticationSucceeded(effect.Id, expiresAt: null));
                break;
            case EffectKind.Refresh:
                Post(LifecycleEvent.RefreshSucceeded(effect.Id, expiresAt: null));
                break;
            case EffectKind.SendAuthed:
                Send(writer => writer.Write(new AuthedFrame { User = "guest", Anonymous = true, Hold = _credit }));
                break;
            case EffectKind.WatchGates:
                // There are none; who has some posts this again at each change.
                Post(LifecycleEvent.GatesChanged(default));
                break;
            case EffectKind.Attach:
                Post(Attach() is { } refused ? LifecycleEvent.AttachFailed(effect.Id, refused) : LifecycleEvent.AttachSucceeded(effect.Id));
                break;
            case EffectKind.SendReady:
                Serve();
                break;
            case EffectKind.SendPing:
                Send(static writer => writer.Write(FrameType.Ping));
                break;
            case EffectKind.SendDrain:
                var by = Epoch(effect.Due!.Value);
                Send(writer => writer.Write(new DrainFrame { Delay = 0, By = by }));
                break;
            case EffectKind.EndInput:
                _attached!.Value.Core.EndInput(_attached.Value.Generation);
                break;
            case EffectKind.SendClose:
                _closing = (transition.Code!.Value, effect.Reason!, effect.RetryAfter, transition.HasSession);
                break;
            case EffectKind.ReleaseSession:
                _attached!.Value.Core.Detach(_attached.Value.Generation);
                break;
            case EffectKind.Abort:
                _socket.Abort();
                break;
            case EffectKind.Unregister:
                _server.Connections.Remove(Id);
                _ended.TrySetResult();
                break;
            default:
                // RefuseUpgrade: it was accepted. Cancel: nothing takes time here. ReleaseUser: nobody is counted. SendGates, SendRefresh: there are no gates, and credentials do not expire.
                break;
        }
    }

    /// <summary>4. A session is resumed, or a new one tells what is lost of the old.</summary>
    private CloseReason? Attach()
    {
        var resume = _hello!.Resume;
        var lost = resume is null ? null : Resume.LostUnknown(resume.Received);
        if (resume?.Session is { } id && _server.Sessions.TryGetValue(id, out var session))
        {
            var (before, previous) = (session.Positions, session.Connection);
            switch (session.Attach(Id, resume.Attempt, resume.Received))
            {
                case ResumeVerdict.Resumed:
                    _attached = (id, session, session.Generation, true, null);
                    if (previous is not null && _server.Connections.TryGetValue(previous, out var older))
                    {
                        older.Post(LifecycleEvent.CloseRequested(CloseReason.Superseded));
                    }

                    return null;
                case ResumeVerdict.Stale:
                    return CloseReason.StaleAttempt;
                case ResumeVerdict.Impossible:
                    return CloseReason.ResumeInvalid;
                default:
                    lost = Resume.Lost(before, resume.Received);
                    session.End();
                    _server.Sessions.Remove(id);
                    break;
            }
        }

        var made = new SessionCore(Id, resume?.Attempt ?? 1, new SessionLimits());
        var name = Guid.NewGuid().ToString("N");
        _server.Sessions.Add(name, made);
        _attached = (name, made, made.Generation, false, lost);
        return null;
    }

    private void Serve()
    {
        var (id, core, generation, isResumed, lost) = _attached!.Value;
        var at = core.Positions;
        (_cursor, _told, _isServing) = (at.Acked, (at.Stored, at.Done), true);
        Send(writer => writer.Write(new ReadyFrame
        {
            Session = id,
            Generation = generation,
            Attempt = core.Attempt,
            Resume = isResumed ? "resumed" : "new",
            Window = new SessionLimits().Window,
            Idle = Ms(_timeouts.Idle),
            Received = at.Stored,
            Done = at.Done,
            ReplayTo = at.Appended,
            Lost = lost?.Select(static range => new LostFrame { Direction = range.Direction == Direction.Up ? "up" : "down", From = range.From, To = range.To }).ToArray(),
        }));
        // What came before ready goes first.
        while (_early.TryTake(out var message))
        {
            CloseFor(Reception.CauseOf(core.Append(generation, message.Sequence, message.Id, message.Payload)));
        }

        _server.Work(core);
    }

    /// <summary>5. A frame is what it means in its phase.</summary>
    private void OnFrame(in Frame frame)
    {
        var meaning = Reception.Of(Phase, frame.Type);
        switch (meaning)
        {
            case FrameMeaning.Hello:
                _hello ??= (HelloFrame)frame.Body!;
                Post(LifecycleEvent.HelloReceived(_hello.Resume is not null));
                break;
            case FrameMeaning.Hold:
                CloseFor(_early.Hold(new EarlyMessage(frame.Sequence, frame.Id!, frame.Payload, null), _lifecycle.State >= ConnectionState.Authenticated, _hello?.Resume is not null));
                break;
            case FrameMeaning.Store or FrameMeaning.Acknowledge or FrameMeaning.Stop:
                OnSessionFrame(meaning, frame);
                break;
            case FrameMeaning.Refresh:
                Post(LifecycleEvent.RefreshReceived());
                break;
            case FrameMeaning.Bye:
                Post(LifecycleEvent.ByeReceived());
                break;
            default:
                CloseFor(Reception.CauseOf(meaning));
                break;
        }
    }

    private void OnSessionFrame(FrameMeaning meaning, in Frame frame)
    {
        var (_, core, generation, _, _) = _attached!.Value;
        if (frame.Acked is { } acked && Reception.CauseOf(core.Acknowledge(generation, acked)) is { } wrong)
        {
            CloseFor(wrong);
            return;
        }

        if (meaning == FrameMeaning.Store)
        {
            CloseFor(Reception.CauseOf(core.Append(generation, frame.Sequence, frame.Id!, frame.Payload.ToArray())));
        }
        else if (meaning == FrameMeaning.Stop)
        {
            core.Stop(generation, frame.Sequence);
        }

        _server.Work(core);
    }

    private void CloseFor(CloseReason? reason)
    {
        if (reason is not null)
        {
            Post(LifecycleEvent.CloseRequested(reason));
        }
    }

    /// <summary>6. One reader, which reads until the stream ends.</summary>
    private async Task ReadAsync()
    {
        var buffer = new byte[65_536 + 1];
        var length = 0;
        try
        {
            while (true)
            {
                var received = await _socket.ReceiveAsync(buffer.AsMemory(length), CancellationToken.None);
                Volatile.Write(ref _heardAt, Now);
                if (received.MessageType == WebSocketMessageType.Close)
                {
                    Post(LifecycleEvent.CloseReceived(CloseReason.ClientClosed, (int?)_socket.CloseStatus));
                    // The answer is the writer's; the connection is over once both close frames have gone by.
                    return;
                }

                length += received.Count;
                if (length == buffer.Length || received.MessageType == WebSocketMessageType.Binary)
                {
                    Post(LifecycleEvent.CloseRequested(received.MessageType == WebSocketMessageType.Binary ? CloseReason.BinaryRefused : CloseReason.MessageTooLarge));
                    length = 0;
                }
                else if (received.EndOfMessage)
                {
                    OnMessage(buffer.AsMemory(0, length));
                    length = 0;
                }
            }
        }
        catch (Exception e) when (e is WebSocketException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            Post(LifecycleEvent.TransportLost());
        }
    }

    private void OnMessage(ReadOnlyMemory<byte> message)
    {
        lock (_server.Lock)
        {
            var reader = new FrameReader(message, fromServer: false);
            while (_lifecycle.State < ConnectionState.Closing && reader.TryRead(out var frame))
            {
                OnFrame(frame);
            }

            CloseFor(_lifecycle.State < ConnectionState.Closing ? reader.Error : null);
        }
    }

    private void Send(Action<FrameWriter> frame) => _control.Enqueue(frame);

    /// <summary>7. One writer: the connection's own frames, then the session's entries behind the cursor, at last the close.</summary>
    private async Task WriteAsync()
    {
        using var writer = new FrameWriter();
        try
        {
            while (true)
            {
                (int Code, CloseReason Reason, TimeSpan? RetryAfter, bool HasSession)? last;
                lock (_server.Lock)
                {
                    writer.Begin();
                    Fill(writer);
                    last = writer.Frames == 0 ? _closing : null;
                    if (last is var (code, reason, retryAfter, hasSession) && reason != CloseReason.ClientClosed)
                    {
                        writer.Write(ClosingFrame.Of(reason, code, retryAfter, hasSession));
                    }
                }

                if (writer.Frames > 0)
                {
                    var sending = _socket.SendAsync(writer.Finish(), WebSocketMessageType.Text, WebSocketMessageFlags.EndOfMessage, CancellationToken.None);
                    if (!sending.IsCompleted)
                    {
                        // A peer that does not read has a deadline.
                        Post(LifecycleEvent.WriteBlocked());
                        await sending;
                        Post(LifecycleEvent.WriteUnblocked());
                    }
                    else
                    {
                        await sending;
                    }
                }

                if (last is { } close)
                {
                    await _socket.CloseOutputAsync((WebSocketCloseStatus)close.Code, close.Reason.Cause, CancellationToken.None);
                    Post(LifecycleEvent.CloseSent());
                    return;
                }

                if (writer.Frames == 0)
                {
                    if (_isOver)
                    {
                        return;
                    }

                    await _wake.Reader.ReadAsync();
                }
            }
        }
        catch (Exception e) when (e is WebSocketException or IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // Only the end of the stream tells that the transport is lost: frames may still be readable.
        }
    }

    private void Fill(FrameWriter writer)
    {
        while (writer.Frames < WireLimits.FramesMax - 1 && _control.TryDequeue(out var frame))
        {
            frame(writer);
        }

        // After the reason to close is known only a bye still delivers: everything else is resumed elsewhere.
        if (!_isServing || (_closing is { } closing && closing.Reason != CloseReason.Bye))
        {
            return;
        }

        var core = _attached!.Value.Core;
        var at = core.Positions;
        while (writer.Frames < WireLimits.FramesMax - 1 && writer.Bytes < 16_384 && core.Outbox.After(_cursor) is { } entry)
        {
            _cursor = entry.Sequence;
            writer.Write(entry);
        }

        // "Done" is told behind the last entry of the turns that it covers.
        if (_cursor >= at.Appended && _told != (at.Stored, at.Done))
        {
            _told = (at.Stored, at.Done);
            writer.WriteAck(at.Stored, at.Done);
        }

        if (core.IsFinished && _server.Sessions.Remove(_attached.Value.Id))
        {
            core.End();
            Post(LifecycleEvent.CloseRequested(CloseReason.Bye));
        }
    }

    private long Epoch(long ticks) => (_server.Time.GetUtcNow() + TimeSpan.FromTicks(ticks - Now)).ToUnixTimeMilliseconds();

    private static long Ms(TimeSpan time) => (long)time.TotalMilliseconds;
}
