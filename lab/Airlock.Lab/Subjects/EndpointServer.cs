using System.Net.WebSockets;
using System.Text;
using Airlock.Lab.Scheduling;
using Airlock.Lab.Simulation;
using Airlock.Lab.Traces;

namespace Airlock.Lab.Subjects;

/// <summary>A host for an endpoint of somebody's own: accepts, hands the socket over, logs what comes out of it, and says all of it in the trace's words.</summary>
internal sealed class EndpointServer : ISubjectServer
{
    private readonly World _world;
    private readonly byte[]? _ready;
    private readonly bool _asks;
    private readonly EndpointLab _lab;
    private readonly SocketEndpoint _endpoint;
    private readonly Dictionary<Actor, Connection> _connections = [];
    private readonly Dictionary<string, long> _numbers = [];

    public EndpointServer(EndpointSubject subject, World world, Func<EndpointLab, SocketEndpoint> start)
    {
        _world = world;
        _ready = subject.ReadyMessage is { } text ? Encoding.UTF8.GetBytes(text) : null;
        _asks = subject.Capabilities.HasFlag(Capabilities.Authentication);
        _lab = new EndpointLab(this, world);
        _endpoint = start(_lab);
    }

    /// <summary>The connection whose party is at work; null if none of them is.</summary>
    public Connection? Current => _connections.GetValueOrDefault(_world.Scheduler.Current);

    /// <summary>The connection that a message is handled on: that of who handles it, else the one it was sent on.</summary>
    public string ConnectionOf(string message) =>
        Current?.Name ?? _world.Trace.Events.LastOrDefault(e => e.Kind == TraceKind.ClientSent && e.Name == message).Connection ?? "";

    /// <summary>A message's number: the same when it comes again, so that it is seen to be handled twice.</summary>
    public long NumberOf(string message)
    {
        _numbers.TryAdd(message, _numbers.Count + 1);
        return _numbers[message];
    }

    public async Task ServeAsync(Handshake handshake)
    {
        var connection = new Connection(_world.Trace, handshake.Connection, _ready is not null);
        _connections.Add(handshake.ServerActor, connection);
        handshake.Sending = bytes =>
        {
            if (_ready is not null && bytes.SequenceEqual(_ready))
            {
                connection.BeReady();
                _world.Trace.Add(TraceKind.ReadyAnnounced, connection.Name);
            }
        };
        WebSocket? socket = null;
        try
        {
            socket = await handshake.AcceptAsync(null);
            connection.BeAccepted(_asks);
            var isStripped = handshake.Options.Strips == (StrippedHeaders.Authorization | StrippedHeaders.SubProtocol);
            await _endpoint(socket, isStripped ? null : handshake.Options.Token);
        }
        catch (Exception e) when (e is WebSocketException or IOException or OperationCanceledException)
        {
            // The link is gone.
        }
        catch (Exception e) when (e is not SimulationException)
        {
            // What a host does with whatever comes out of its endpoint: an error in the log, and the connection is cut.
            _world.Trace.Add(TraceKind.Logged, connection.Name, "Error", to: $"{e.GetType().Name}: {e.Message}");
        }

        socket?.Dispose();
        connection.End();
        _connections.Remove(handshake.ServerActor);
    }

    public Task DrainAsync(TimeSpan budget) => _lab.Drain?.Invoke(budget) ?? Task.CompletedTask;

    public Task DisconnectAsync(string user) => _lab.Disconnect?.Invoke(user) ?? Task.CompletedTask;

    public Task PushAsync(string user, string text) => _lab.Push?.Invoke(user, text) ?? Task.CompletedTask;

    public void NoteLeftOvers()
    {
        foreach (var connection in _connections.Values)
        {
            _world.Trace.Add(TraceKind.LeftOver, connection.Name, "connection", to: connection.Name);
        }
    }

    public void Dispose()
    {
    }

    /// <summary>A connection's way, in the names of the post-mortem's states. The endpoint has none of its own, so the states between two that can be seen are passed at once.</summary>
    internal sealed class Connection
    {
        private readonly Trace _trace;
        private readonly bool _announcesReady;
        private string _state = States.Connecting;

        public Connection(Trace trace, string name, bool announcesReady)
        {
            (_trace, Name, _announcesReady) = (trace, name, announcesReady);
            trace.Add(TraceKind.MachineMade, name, name, to: _state);
        }

        public string Name { get; }

        /// <summary>The upgrade is accepted; who asks nobody who he is, and has no word for ready, is ready with it.</summary>
        public void BeAccepted(bool asks)
        {
            MoveTo(States.Accepted);
            if (!asks && !_announcesReady)
            {
                BeReady();
            }
        }

        public void BeKnown() => MoveTo(_announcesReady ? States.Authenticated : States.ProcessingReady);

        public void BeReady() => MoveTo(States.ProcessingReady);

        public void End()
        {
            Move(States.Closed);
            _trace.Add(TraceKind.Ended, Name, "served");
        }

        private void MoveTo(string state)
        {
            var (from, to) = (IndexOf(_state), IndexOf(state));
            for (var i = from + 1; from >= 0 && i <= to; i++)
            {
                Move(States.Path[i]);
            }
        }

        private void Move(string to)
        {
            _trace.Add(TraceKind.Moved, Name, Name, _state, to);
            _state = to;
        }

        private static int IndexOf(string state)
        {
            for (var i = 0; i < States.Path.Count; i++)
            {
                if (States.Path[i] == state)
                {
                    return i;
                }
            }

            return -1;
        }
    }
}
