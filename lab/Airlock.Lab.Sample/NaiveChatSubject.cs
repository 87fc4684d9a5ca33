using System.Net.WebSockets;
using System.Text;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects;
using Airlock.Lab.Traces;

namespace Airlock.Lab.Sample;

/// <summary>Shows <see cref="NaiveChat"/> to the lab.</summary>
public sealed class NaiveChatSubject : ISubject
{
    public string Name => "naive-chat";

    public ISubjectServer Start(World world) => new Server(world);

    public Subjects.Client NewClient(World world, string name, string user) => new NaiveClient(world, name, user);

    /// <summary>The server's side: hands the endpoint a simulated socket, and says in the trace's words what it sees.</summary>
    private sealed class Server(World world) : ISubjectServer
    {
        public async Task ServeAsync(Handshake handshake)
        {
            var (c, state, sequence) = (handshake.Connection, States.Connecting, 0L);
            world.Trace.Add(TraceKind.MachineMade, c, c, to: state);
            handshake.Sending = bytes =>
            {
                if (bytes.SequenceEqual("ready"u8))
                {
                    world.Trace.Add(TraceKind.ReadyAnnounced, c);
                }
            };
            var chat = new NaiveChat(
                async token =>
                {
                    var (user, _) = await world.Authority.AskAsync(token);
                    if (user is not null)
                    {
                        // The endpoint has no states of its own; from here on it handles messages.
                        Move(States.Authenticated);
                        Move(States.ServicesReady);
                        Move(States.ProcessingReady);
                    }

                    return user;
                },
                async (user, message) => await world.Application.HandleAsync(c, user, c, message, ++sequence));
            try
            {
                var socket = await handshake.AcceptAsync(null);
                Move(States.Accepted);
                await chat.ServeAsync(socket, handshake.Options.Token);
            }
            catch (Exception e) when (e is WebSocketException or IOException)
            {
                // The link is gone.
            }

            Move(States.Closed);
            world.Trace.Add(TraceKind.Ended, c, "served");

            void Move(string to)
            {
                world.Trace.Add(TraceKind.Moved, c, c, state, to);
                state = to;
            }
        }

        public Task DrainAsync(TimeSpan budget) => Task.CompletedTask;

        public void NoteLeftOvers()
        {
        }

        public void Dispose()
        {
        }
    }

    /// <summary>The client's side: an open socket is good enough for it, so it sends what it has at once.</summary>
    private sealed class NaiveClient(World world, string name, string user) : Subjects.Client(world, name, user)
    {
        private readonly Queue<string> _queue = new();
        private readonly List<string> _open = [];
        private TaskCompletionSource _settled = new();
        private TaskCompletionSource _closed = new();
        private WebSocket? _socket;
        private bool _isWriting;

        public override int Unsettled => _open.Count;

        public override Task WhenClosed => _closed.Task;

        public override async Task<bool> ConnectAsync(DialOptions? options = null)
        {
            var ready = new TaskCompletionSource<bool>();
            _closed = new TaskCompletionSource();
            Handshake = World.Dial(User, (options ?? new DialOptions()) with { Token = options?.Token ?? Token });
            _ = StartAsync("dials", () => RunAsync(Handshake, ready));
            return await ready.Task;
        }

        public override Task WhenSettledAsync() => Task.WhenAny(_open.Count == 0 ? Task.CompletedTask : _settled.Task, _closed.Task);

        protected override void Send(string id)
        {
            _open.Add(id);
            _queue.Enqueue(id);
            Write();
        }

        protected override async Task EndAsync()
        {
            if (_socket is { State: WebSocketState.Open } socket)
            {
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
                await _closed.Task;
            }
        }

        private async Task RunAsync(Handshake handshake, TaskCompletionSource<bool> ready)
        {
            var answer = await handshake.Answer;
            (Code, _socket) = (answer.Status, answer.Socket);
            if (_socket is { } socket)
            {
                Write();
                Code = await ReadAsync(socket, handshake.Connection, ready);
                _socket = null;
                socket.Dispose();
            }

            World.Trace.Add(TraceKind.ClientClosed, handshake.Connection, number: Code);
            ready.TrySetResult(false);
            _closed.SetResult();
        }

        private async Task<int> ReadAsync(WebSocket socket, string connection, TaskCompletionSource<bool> ready)
        {
            var buffer = new byte[4096];
            try
            {
                while (await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None) is { MessageType: WebSocketMessageType.Text } read)
                {
                    // Either 'ready', or the message's id and the user it was answered for.
                    if (Encoding.UTF8.GetString(buffer, 0, read.Count).Split(' ') is [var id, var user, ..])
                    {
                        World.Trace.Add(TraceKind.ClientAnswered, connection, id, Name, user);
                        _open.Remove(id);
                        if (_open.Count == 0)
                        {
                            _settled.SetResult();
                            _settled = new TaskCompletionSource();
                        }
                    }
                    else
                    {
                        World.Trace.Add(TraceKind.ClientReady, connection);
                        ready.TrySetResult(true);
                    }
                }

                return (int)(socket.CloseStatus ?? WebSocketCloseStatus.Empty);
            }
            catch (Exception e) when (e is WebSocketException or IOException)
            {
                return 1006;
            }
        }

        private void Write()
        {
            if (_socket is { } socket && !_isWriting && _queue.Count > 0)
            {
                _isWriting = true;
                _ = StartAsync("writes", () => WriteAsync(socket));
            }
        }

        private async Task WriteAsync(WebSocket socket)
        {
            while (socket.State == WebSocketState.Open && _queue.TryDequeue(out var id))
            {
                await socket.SendAsync(Encoding.UTF8.GetBytes(id), WebSocketMessageType.Text, true, CancellationToken.None);
            }

            _isWriting = false;
        }
    }
}
