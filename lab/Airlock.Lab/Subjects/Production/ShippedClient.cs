extern alias shipped;

using System.Globalization;
using System.Net;
using System.Net.WebSockets;
using System.Text;
using Airlock.Core;
using Airlock.Lab.Scheduling;
using Airlock.Lab.Simulation;
using Airlock.Lab.Traces;
using shipped::Airlock.Client;

namespace Airlock.Lab.Subjects.Production;

/// <summary>The .NET client as shipped, on the lab's thread, clock and network. It reconnects by itself; but the network is away until the scenario dials, once for each connection.</summary>
/// <remarks>
/// What the scenario asks for while the present connection stands, or after the client has stopped for good, is asked of a new client with the exported state, as after the reload of a page.
/// </remarks>
internal sealed class ShippedClient(World world, string name, string user) : Client(world, name, user)
{
    /// <summary>How long a dial may take: longer than all that a server may take.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(2);

    private readonly List<Dial> _dials = [];
    private readonly List<Page> _pages = [];
    private readonly Queue<Dial> _wanted = new();
    private readonly Queue<string> _unsaid = new();
    private readonly Dictionary<string, Receipt> _unsettled = [];
    private readonly HashSet<string> _answered = [];
    private TaskCompletionSource _changed = new();
    private AirlockClientState? _state;
    private Page? _page;
    private int _ids;
    private int _sessions = 1;
    private long _highest;
    private long _taken;
    private bool _byeIsForged;
    private (int Session, long Number) _again;
    private (int Session, long Message, int Try) _inHand;
    private (int Session, long Message, int Try) _settledAgain;

    public override int Unsettled => _unsettled.Count;

    public override Task WhenClosed => Last?.WhenClosed.Task ?? Task.CompletedTask;

    protected override bool SaysGoodbye => Last is { IsReady: true, IsOver: false } && _page is not null;

    private Dial? Last => _dials.Count == 0 ? null : _dials[^1];

    public override Task<bool> ConnectAsync(DialOptions? options = null)
    {
        if (_page is { IsFinished: true } || Last is { IsOver: false })
        {
            Leave();
        }

        var dial = new Dial(World.Prepare(User, options ?? new DialOptions()));
        _dials.Add(dial);
        Handshake = dial.Handshake;
        _unsaid.Clear();
        var page = Open();
        _wanted.Enqueue(dial);
        Allow();
        page.Client.Start();
        return dial.WhenReady.Task;
    }

    public override async Task WhenSettledAsync()
    {
        var closed = WhenClosed;
        while (_unsettled.Count > 0 && !closed.IsCompleted)
        {
            await Task.WhenAny(_changed.Task, closed);
        }
    }

    public override Task CloseAsync()
    {
        Leave();
        return Task.CompletedTask;
    }

    public override void SendRaw(string message)
    {
        _byeIsForged |= message.Contains("\"bye\"", StringComparison.Ordinal);
        if (Last is { Socket: { } socket })
        {
            _ = StartAsync("is given words", () => socket.SayAsync(message));
        }
        else
        {
            _unsaid.Enqueue(message);
        }
    }

    public override void Stop(string id)
    {
        if (_page is { } page && _unsettled.TryGetValue(id, out var receipt))
        {
            page.Client.Stop(receipt);
        }
    }

    public override void CheckInvariants()
    {
        if (_page is { } page)
        {
            ClientInside.CheckInvariants(page.Client);
        }
    }

    public override void NoteLeftOvers()
    {
        LockPoints.InOnePiece(() =>
        {
            foreach (var page in _pages)
            {
                if (page.Disposed is not { IsCompleted: true })
                {
                    World.Trace.Add(TraceKind.LeftOver, "", "client", to: $"one of {Name} whose dispose does not end");
                }

                if (ClientInside.Transports(page.Client) is var transports and > 0)
                {
                    World.Trace.Add(TraceKind.LeftOver, "", "resource", to: $"{transports} connections that a client of {Name} holds");
                }
            }
        });
    }

    protected override async Task EndAsync()
    {
        if (_page is { } page)
        {
            if (SaysGoodbye)
            {
                await InAMinuteAsync(page.Client.LeaveAsync());
            }

            // Else the end of this client would look like one that stopped by itself, with a dial that another has to make.
            ForgetWanted();

            await InAMinuteAsync(page.Disposed = page.Client.DisposeAsync().AsTask());
        }

        foreach (var dial in _dials.Where(static dial => !dial.IsOver))
        {
            dial.Handshake.Cut();
        }
    }

    protected override void Send(string id)
    {
        var payload = Encoding.UTF8.GetBytes($"\"{id}\"{new string(' ', Padding)}");
        try
        {
            Watch(Open().Client.SendJson(payload, id));
        }
        catch (AirlockClosedException)
        {
            // It has stopped for good; what it could not send the next one does.
            Leave();
            Watch(Open().Client.SendJson(payload, id));
        }
    }

    /// <summary>The application's client, or one more in its place.</summary>
    private Page Open()
    {
        if (_page is not null)
        {
            return _page;
        }

        Page page = null!;
        page = _page = new Page(new AirlockClient(new Uri("ws://airlock.test/chat"), new AirlockClientOptions
        {
            TimeProvider = World.Scheduler.Time,
            Spawner = new shipped::Airlock.Client.Spawner(SchedulerOf(Actor)),
            Jitter = static () => 0.5,
            NewId = () => $"id-{++_ids}",
            ClientName = "lab/1",
            ConnectTimeout = _patience,
            Token = request => new(request.Reason == CredentialsReason.Refresh && !Refreshes ? null : Token),
            WebSocketFactory = (request, cancellation) => DialAsync(page, request.Number, cancellation),
            State = _state,
        }));
        _pages.Add(page);
        _state = null;
        page.Client.StateChanged += change => Tell(page, change);
        foreach (var receipt in page.Client.Restored)
        {
            Watch(receipt);
        }

        _ = StartAsync("reads", () => ReadAsync(page));
        return page;
    }

    /// <summary>The application lets go of its client and keeps where it stood. What is not answered by then is this side's doing.</summary>
    private void Leave()
    {
        if (_page is not { } page)
        {
            return;
        }

        LockPoints.InOnePiece(() =>
        {
            _page = null;
            _state = page.Client.Export();
            // What is in hand is not handled yet: the next page is given it once more, as it is said.
            _again = _highest == _state.Received + 1 ? (_sessions, _highest) : default;
            // Or, if its session is gone by then, that the try which it settled is withdrawn.
            _settledAgain = _again == default ? default : _inHand;
        });
        page.Disposed = page.Client.DisposeAsync().AsTask();
        foreach (var dial in _dials.Where(static dial => !dial.IsOver))
        {
            World.Trace.Add(TraceKind.Fault, dial.Handshake.Connection, "the client gives up");
        }

        ForgetWanted();
    }

    /// <summary>Nobody dials these any more.</summary>
    private void ForgetWanted()
    {
        while (_wanted.TryDequeue(out var dial))
        {
            End(dial);
        }
    }

    private async Task<WebSocket> DialAsync(Page page, int number, CancellationToken cancellation)
    {
        var allowed = new TaskCompletionSource<Dial>();
        await using var given = cancellation.UnsafeRegister(static allowed => ((TaskCompletionSource<Dial>)allowed!).TrySetCanceled(), allowed);
        page.Waiting.Enqueue(allowed);
        Allow();
        var dial = await allowed.Task;
        page.Dials.Add(number, dial);
        if (page.Over.Contains(number))
        {
            // The client has given up waiting for the network just before it was there.
            World.Trace.Add(TraceKind.Fault, dial.Handshake.Connection, "the client gives up");
            End(dial);
            throw new OperationCanceledException(cancellation);
        }

        World.Dial(dial.Handshake);
        var answer = await dial.Handshake.Answer;
        if (answer.Socket is not { } socket)
        {
            dial.Refused = answer.Status;
            throw new HttpRequestException($"The upgrade was refused with {answer.Status}.", null, (HttpStatusCode)answer.Status);
        }

        dial.Socket = new ClientSocket(socket, () => AnswersPings);
        while (_unsaid.TryDequeue(out var message))
        {
            _ = dial.Socket.SayAsync(message);
        }

        return dial.Socket;
    }

    /// <summary>The network is there for as many dials as the scenario has asked for.</summary>
    private void Allow()
    {
        while (_wanted.Count > 0 && _page is { } page && page.Waiting.TryDequeue(out var dialing))
        {
            if (dialing.TrySetResult(_wanted.Peek()))
            {
                _wanted.Dequeue();
            }
        }
    }

    private void Tell(Page page, ConnectionChange change)
    {
        var isEnd = change.State is ConnectionState.Closed or ConnectionState.Failed;
        if (isEnd)
        {
            page.Over.Add(change.Number);
        }

        if (!page.Dials.TryGetValue(change.Number, out var dial) || dial.IsOver)
        {
            return;
        }

        var connection = dial.Handshake.Connection;
        if (change.State == ConnectionState.ProcessingReady && !dial.WhenReady.Task.IsCompleted)
        {
            World.Trace.Add(TraceKind.ClientReady, connection);
            dial.WhenReady.SetResult(true);
        }
        else if (isEnd)
        {
            var code = dial.Refused > 0 ? dial.Refused : change.Code ?? (int)WebSocketCloseStatus.Empty;
            // That the line is gone is the client's own word for hearing no other.
            World.Trace.Add(TraceKind.ClientClosed, connection, change.Cause == "transport_lost" ? null : change.Cause, number: code);
            if (dial == Last)
            {
                (Code, Cause) = (code, change.Cause);
            }

            End(dial);
        }
    }

    private static void End(Dial dial)
    {
        dial.WhenReady.TrySetResult(false);
        dial.WhenClosed.TrySetResult();
    }

    private async Task ReadAsync(Page page)
    {
        try
        {
            await foreach (var message in page.Client.MessagesAsync())
            {
                // What an earlier page still reads comes again to the next one, which began before it.
                if (page == _page)
                {
                    Take(message);
                    if (World.Surroundings.ReadingOf(_taken++) is { Ticks: > 0 } time)
                    {
                        // It is in hand, and neither handled nor acknowledged before that.
                        await World.DelayAsync(time);
                    }
                }
            }
        }
        catch (AirlockClosedException)
        {
            // Its cause is told with the connection's end.
        }

        page.IsFinished = true;
        if (page == _page && _wanted.Count > 0)
        {
            // It has stopped for good, and the scenario has dialed meanwhile.
            var wanted = _wanted.ToArray();
            _wanted.Clear();
            Leave();
            Array.ForEach(wanted, _wanted.Enqueue);
            Open().Client.Start();
        }
    }

    private void Take(ServerMessage message)
    {
        if (_byeIsForged && message.Sequence == 1 && _highest > 0)
        {
            // Ended in the client's name, so nothing of it is lost; the next one has a name of its own.
            _sessions++;
        }

        if (message.Sequence > 0 && (_sessions, message.Sequence) == _again)
        {
            _again = default;
            return;
        }

        if (message is { Kind: MessageKind.Void, Sequence: 0 } && (_sessions, message.ReSequence, message.Try) == _settledAgain)
        {
            _settledAgain = default;
            return;
        }

        _inHand = message.Kind is MessageKind.End or MessageKind.Void ? (_sessions, message.ReSequence, message.Try) : default;
        _highest = Math.Max(_highest, message.Sequence);
        var connection = Last?.Handshake.Connection ?? "";
        var session = $"{Name}/{_sessions}";
        var kind = message.Kind.ToString().ToLowerInvariant();
        if (message.Kind != MessageKind.Lost)
        {
            World.Trace.Add(TraceKind.ClientGot, connection, kind, Name, session, message.Sequence);
        }

        if (message.Sequence > 0)
        {
            var content = message.Payload.Length > 0 ? message.As<string>() : message.Cause ?? (message.Kind == MessageKind.Gap ? $"{message.Missed}" : kind);
            World.Trace.Add(TraceKind.Denoted, "", $"{session} down", to: $"{kind} {content}", number: message.Sequence);
        }

        if (message.Provisional || message.Kind is MessageKind.End or MessageKind.Void)
        {
            World.Trace.Add(TraceKind.ClientProvisional, connection, kind, message.Try.ToString(CultureInfo.InvariantCulture), session, message.ReSequence);
        }

        switch (message.Kind)
        {
            case MessageKind.Lost:
                World.Trace.Add(TraceKind.ClientGot, connection, kind, Name, $"session {session}");
                foreach (var range in message.Lost)
                {
                    World.Trace.Add(TraceKind.ClientGot, connection, kind, Name, $"{(range.Direction == Direction.Down ? "down" : "up")} {range.From} {range.To}");
                }

                SessionsLost++;
                _sessions++;
                _highest = 0;
                break;
            case MessageKind.Gap:
                Gaps++;
                Missed += message.Missed;
                break;
            case MessageKind.Data when message.Re is null:
                Pushed++;
                break;
            case MessageKind.Data when !message.Provisional:
                var parts = message.As<string>()!.Split(' ');
                World.Trace.Add(TraceKind.ClientAnswered, connection, parts[0], Name, parts[1]);
                _answered.Add(parts[0]);
                break;
        }
    }

    /// <summary>Waits for what becomes of a message. A client that stopped first knows nothing; the next one is told.</summary>
    private void Watch(Receipt receipt)
    {
        _unsettled[receipt.Id] = receipt;
        _ = StartAsync("waits", async () =>
        {
            string? refused = null;
            try
            {
                refused = await receipt.Done == MessageOutcome.Stopped && !_answered.Contains(receipt.Id) ? "stopped" : null;
            }
            catch (AirlockRefusedException refusal)
            {
                refused = refusal.Cause;
            }
            catch (AirlockClosedException)
            {
                return;
            }

            if (refused is not null)
            {
                World.Trace.Add(TraceKind.ClientRefused, Last?.Handshake.Connection ?? "", receipt.Id, Name, refused);
            }

            if (_unsettled.GetValueOrDefault(receipt.Id) == receipt)
            {
                _unsettled.Remove(receipt.Id);
            }

            var changed = _changed;
            _changed = new();
            changed.SetResult();
        });
    }

    private async Task InAMinuteAsync(Task work)
    {
        using var over = new CancellationTokenSource();
        await Task.WhenAny(work, Task.Delay(TimeSpan.FromMinutes(1), World.Scheduler.Time, over.Token));
        over.Cancel();
        if (work.IsFaulted && work.Exception.InnerException is not AirlockClosedException)
        {
            await work;
        }
    }

    private static TaskScheduler SchedulerOf(SynchronizationContext context)
    {
        var outer = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(context);
        try
        {
            return TaskScheduler.FromCurrentSynchronizationContext();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(outer);
        }
    }

    /// <summary>One client of the application's, as a page of a browser has one.</summary>
    private sealed class Page(AirlockClient client)
    {
        public AirlockClient Client => client;

        /// <summary>Its dials that wait for the network.</summary>
        public Queue<TaskCompletionSource<Dial>> Waiting { get; } = new();

        /// <summary>Which of its connections are over, by its own count.</summary>
        public HashSet<int> Over { get; } = [];

        /// <summary>What it has dialed, by its own count.</summary>
        public Dictionary<int, Dial> Dials { get; } = [];

        /// <summary>The end of its dispose; null before the application lets go of it.</summary>
        public Task? Disposed { get; set; }

        /// <summary>Whether it has stopped for good.</summary>
        public bool IsFinished { get; set; }
    }
}
