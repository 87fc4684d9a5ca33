using System.Net.WebSockets;
using Airlock.Lab.Scheduling;
using Airlock.Lab.Traces;

namespace Airlock.Lab.Simulation;

/// <summary>A connection that a client has dialed, as its server sees it: an upgrade to accept or to refuse, once.</summary>
public sealed class Handshake
{
    private readonly World _world;
    private readonly SimulatedLink _toServer;
    private readonly SimulatedLink _toClient;
    private readonly TaskCompletionSource<UpgradeAnswer> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal Handshake(World world, string connection, string user, DialOptions options)
    {
        _world = world;
        Connection = connection;
        User = user;
        Options = options;
        _toServer = new SimulatedLink(world.Scheduler, $"{connection} to server", options.ToServer, NoteFault);
        _toClient = new SimulatedLink(world.Scheduler, $"{connection} to client", options.ToClient, NoteFault);
        ServerActor = world.Scheduler.NewActor($"server {connection}");
    }

    /// <summary>The connection as the network numbers it: <c>c1</c>, <c>c2</c>.</summary>
    public string Connection { get; }

    /// <summary>Who dialed, as the lab knows it; a server only learns it from the token.</summary>
    public string User { get; }

    /// <summary>How it was dialed.</summary>
    public DialOptions Options { get; }

    /// <summary>The party that serves it.</summary>
    public Actor ServerActor { get; }

    /// <summary>Whether the upgrade was accepted and nobody has closed since.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>Shown every message that the server sends, before it is sent; for a subject's adapter, which knows what its frames mean.</summary>
    public SentMessage? Sending { get; set; }

    /// <summary>What came of it, for the client.</summary>
    public Task<UpgradeAnswer> Answer => _answer.Task;

    /// <summary>The bytes on their way to the server.</summary>
    public SimulatedLink ToServer => _toServer;

    /// <summary>The bytes on their way to the client.</summary>
    public SimulatedLink ToClient => _toClient;

    /// <summary>Accepts the upgrade. The client learns of it a step later.</summary>
    /// <param name="subProtocol">The sub-protocol selected, or null.</param>
    /// <returns>The server's end.</returns>
    public async ValueTask<WebSocket> AcceptAsync(string? subProtocol)
    {
        if (Options.AcceptDelay > TimeSpan.Zero)
        {
            await Task.Delay(Options.AcceptDelay, _world.Scheduler.Time);
        }

        if (_answer.Task.IsCompleted)
        {
            _world.Trace.Add(TraceKind.TransportMisused, Connection, "accept after the upgrade was answered");
            throw new InvalidOperationException("The upgrade was answered already.");
        }

        if (Options.AcceptFails)
        {
            _answer.TrySetResult(new UpgradeAnswer(500, "accept_failed", null));
            throw new IOException("The accept fails, as the scenario wants it.");
        }

        IsOpen = true;
        _world.Trace.Add(TraceKind.UpgradeAccepted, Connection);
        var server = new ObservedWebSocket(WebSocket.CreateFromStream(
            new SimulatedStream(_toServer, _toClient), new WebSocketCreationOptions { IsServer = true, SubProtocol = subProtocol, KeepAliveInterval = TimeSpan.Zero }), _world.Trace, this);
        _answer.TrySetResult(new UpgradeAnswer(101, null, WebSocket.CreateFromStream(
            new SimulatedStream(_toClient, _toServer), new WebSocketCreationOptions { IsServer = false, SubProtocol = subProtocol, KeepAliveInterval = TimeSpan.Zero })));
        return server;
    }

    /// <summary>Refuses the upgrade.</summary>
    /// <param name="status">The HTTP status.</param>
    /// <param name="cause">Why, or null.</param>
    public void Refuse(int status, string? cause)
    {
        _world.Trace.Add(TraceKind.UpgradeRefused, Connection, cause, number: status);
        _answer.TrySetResult(new UpgradeAnswer(status, cause, null));
    }

    /// <summary>Cuts both directions, as a reset on the way does.</summary>
    public void Cut()
    {
        NoteFault("reset");
        _toServer.Reset();
        _toClient.Reset();
    }

    /// <summary>Whether the network loses everything; see <see cref="Silence"/>.</summary>
    public bool IsSilent { get; private set; }

    /// <summary>Loses everything from now on without telling anybody: half-open.</summary>
    public void Silence()
    {
        IsSilent = true;
        NoteFault("half-open");
        _toServer.Stall();
        _toClient.Stall();
    }

    private void NoteFault(string what) => _world.Trace.Add(TraceKind.Fault, Connection, what);
}
