using System.Diagnostics;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Airlock.Core;
using Airlock.Lab.Scheduling;
using Airlock.Lab.Simulation;
using Airlock.Lab.Traces;

namespace Airlock.Lab.Subjects.Production;

/// <summary>A production server in a simulated world. What the lab knows of it comes from its log, its transport, and its store's and handler's calls.</summary>
internal sealed class AirlockSubjectServer : ISubjectServer
{
    private const string Issuer = "lab";
    private static readonly string[] _kinds = [.. Enum.GetNames<FrameType>().Select(static kind => kind.ToLowerInvariant())];
    private readonly World _world;
    private readonly DriverLog _log;
    private readonly AirlockServer _server;
    private readonly Endpoint _endpoint;
    private readonly MemorySessionStore _sessions;
    private readonly ObservedStore _store;
    private readonly ServerGauges _gauges = new();
    private readonly ServerListeners? _listeners;
    private readonly HashSet<string> _usedTickets = [];
    private int _serving;
    private bool _wasServing;
    private bool _hadSessions;

    public AirlockSubjectServer(World world)
    {
        _world = world;
        _log = new DriverLog(world.Trace) { Covered = world.Coverage is { } coverage ? coverage.Add : null };
        var entropy = new SeededEntropy(world.Servers.Count + 1);
        var settings = world.Settings;
        _sessions = new MemorySessionStore(world.Scheduler.Time, entropy, new MemorySessionStoreOptions { ResumeTimeout = settings.SessionTimeout });
        _store = new ObservedStore(_sessions, world, _log.ConnectionOf, world.Servers.Count == 0 ? "s" : $"{world.Servers.Count + 1}.s");
        _server = new AirlockServer(world.Scheduler.Time, entropy, _store, _log, _gauges);
        foreach (var name in world.Services.Names)
        {
            _server.Gates.Declare(name, required: true);
            _server.Gates.Report(name, world.Services.IsUp(name) ? GateState.Open : GateState.Waiting);
        }

        foreach (var name in world.Services.OptionalNames)
        {
            _server.Gates.Declare(name, required: false);
            _server.Gates.Report(name, world.Services.IsOptionalUp(name) ? GateState.Open : GateState.Waiting);
        }

        world.Services.Changed += (name, up) => _server.Gates.Report(name, up ? GateState.Open : GateState.Waiting);
        _listeners = world.Surroundings[Aspect.Listeners] is > 0 and var listens ? new ServerListeners(_gauges, world.Scheduler, throws: listens == 2) : null;
        var options = new EndpointOptions
        {
            Timeouts = new() { Hello = settings.SetupTimeout, Authentication = settings.SetupTimeout, Gate = settings.ServicesTimeout, Attach = settings.SetupTimeout },
            Session = new() { Window = settings.Window, OutboxEntriesMax = settings.OutboxMax },
            ConnectionsPerUserMax = settings.ConnectionsPerUserMax,
        };
        _endpoint = _server.AddEndpoint("/chat", options, AuthenticateAsync, HandleAsync);
    }

    public async Task ServeAsync(Handshake handshake)
    {
        string? session = null;
        _serving++;
        _wasServing = true;
        handshake.Sending = bytes => session = NoteSent(handshake.Connection, session, bytes);
        // As the host of ASP.NET Core does: it refuses what offers no protocol that it knows. Credentials travel in the first frame, where nobody strips them.
        var isStripped = handshake.Options.Strips.HasFlag(StrippedHeaders.SubProtocol);
        var request = new ConnectionRequest
        {
            Upgrade = new Upgrade(handshake),
            SubProtocol = isStripped ? null : Protocol.Name,
            Refuse = isStripped ? CloseReason.ProtocolUnsupported : null,
            Address = handshake.User,
            Credentials = handshake,
        };
        var running = Task.CompletedTask;
        LockPoints.InOnePiece(() =>
        {
            // It enters the index, under its one id, before anything is awaited.
            _log.Starting = handshake.Connection;
            running = _endpoint.RunAsync(request);
            foreach (var id in _server.Connections)
            {
                _log.Learn(id);
            }

            _log.Starting = null;
        });
        await running;
        _serving--;
    }

    public Task DrainAsync(TimeSpan budget) => _server.DrainAsync(budget, TimeSpan.FromSeconds(1));

    public async Task DisconnectAsync(string user) => await _server.Sessions.DisconnectAsync(SessionTarget.OfUser(Issuer, user));

    public async Task PushAsync(string user, string text) => await _server.Sessions.SendAsync(SessionTarget.OfUser(Issuer, user), text);

    public void Dispose()
    {
        _server.Dispose();
        _sessions.Dispose();
        _listeners?.Dispose();
        _gauges.Dispose();
    }

    public void NoteLeftOvers()
    {
        foreach (var id in _server.Connections)
        {
            _world.Trace.Add(TraceKind.LeftOver, "", "connection", to: id);
        }

        foreach (var gauge in _gauges.NotZero())
        {
            _world.Trace.Add(TraceKind.LeftOver, "", "gauge", to: gauge);
        }

        // Everybody has left, and for longer than a session waits.
        var sessions = _world.Settings.SessionTimeout < _world.Settings.GraceAtEnd ? LeftOvers.OfSessions(_sessions) : [];
        LockPoints.InOnePiece(() =>
        {
            foreach (var held in LeftOvers.OfConnections(_server, _endpoint).Concat(LeftOvers.OfTurns(_server)).Concat(sessions))
            {
                _world.Trace.Add(TraceKind.LeftOver, "", "resource", to: held);
            }
        });
    }

    public void CheckInvariants()
    {
        LeftOvers.CheckInvariants(_server, _sessions);
        // Who has gone holds nothing: all of it was given back then, and does not wait for a deadline to be found.
        if (_wasServing && _serving == 0)
        {
            _wasServing = false;
            MustHoldNothing("Nobody is connected", LeftOvers.OfConnections(_server, _endpoint));
        }

        if (_hadSessions && _sessions.Count == 0)
        {
            _hadSessions = false;
            MustHoldNothing("No session is left", LeftOvers.OfSessions(_sessions));
        }

        _hadSessions |= _sessions.Count > 0;
    }

    private static void MustHoldNothing(string when, IEnumerable<string> held)
    {
        if (string.Join(", ", held) is { Length: > 0 } found)
        {
            throw new UnreachableException($"{when}, and this is still held: {found}.");
        }
    }

    /// <summary>Writes down what a message says for ever: that the connection is ready, and what a number stands for.</summary>
    /// <returns>The name of the session that the connection has by then, or null.</returns>
    private string? NoteSent(string connection, string? session, ReadOnlySpan<byte> message)
    {
        var reader = new FrameReader(message.ToArray(), fromServer: true);
        while (reader.TryRead(out var frame))
        {
            if (frame.Body is ReadyFrame ready)
            {
                session = _store.NameOf(ready.Session);
                _world.Trace.Add(TraceKind.ReadyAnnounced, connection, _log.IdOf(connection));
            }
            else if (frame.Sequence > 0 && session is not null)
            {
                var kind = _kinds[(int)frame.Type];
                var content = frame.Payload.Length > 0 ? Encoding.UTF8.GetString(frame.Payload.Span) : frame.Cause ?? (frame.Type == FrameType.Gap ? $"{frame.Missed}" : kind);
                _world.Trace.Add(TraceKind.Denoted, "", $"{session} down", to: $"{kind} {content}", number: frame.Sequence);
            }
        }

        return session;
    }

    private async ValueTask<AuthenticationOutcome> AuthenticateAsync(ConnectionRequest request, HelloCredentials? credentials, bool refresh, CancellationToken cancellationToken)
    {
        var connection = ((Handshake)request.Credentials!).Connection;
        var (user, refusal) = await IdentifyAsync(credentials?.Token);
        if (user is not null && !refresh)
        {
            _world.Trace.Add(TraceKind.ContextMade, connection, user, to: connection);
        }

        return user is not null ? AuthenticationOutcome.Accept(PrincipalOf(user), _world.Authority.Lifetime is { } lifetime ? _world.Scheduler.Time.GetUtcNow() + lifetime : null) : AuthenticationOutcome.Refuse(refusal switch
        {
            AuthorityRefusal.Missing => CloseReason.CredentialsMissing,
            AuthorityRefusal.Malformed => CloseReason.CredentialsMalformed,
            AuthorityRefusal.Expired => CloseReason.TokenExpired,
            AuthorityRefusal.Unavailable => CloseReason.AuthenticationUnavailable,
            _ => CloseReason.TokenInvalid,
        });
    }

    /// <summary>A ticket (<c>ticket:user:number</c>) is taken out in one step, as the production server's tickets are; whoever comes second gets nothing.</summary>
    private ValueTask<(string? User, AuthorityRefusal? Refusal)> IdentifyAsync(string? token) =>
        token?.Split(':') is not ["ticket", var user, _] ? _world.Authority.AskAsync(token)
        : new(_usedTickets.Add(token) ? (user, null) : ((string?)null, (AuthorityRefusal?)AuthorityRefusal.Invalid));

    private static Principal PrincipalOf(string user) => new(Issuer, user);

    private async Task HandleAsync(Turn turn, CancellationToken stop)
    {
        var id = JsonSerializer.Deserialize<string>(turn.Message.Span)!;
        foreach (var part in _world.Application.PartsOf(id))
        {
            await turn.StreamRawAsync(JsonSerializer.SerializeToUtf8Bytes(part));
        }

        var answer = await _world.Application.HandleAsync("", turn.Principal.Subject, _store.NameOf(turn.Session), id, turn.Sequence, stop);
        stop.ThrowIfCancellationRequested();
        await turn.SendRawAsync(JsonSerializer.SerializeToUtf8Bytes(answer));
    }

    private sealed class Upgrade(Handshake handshake) : IUpgrade
    {
        public ValueTask<WebSocket> AcceptAsync(string? subProtocol, CancellationToken cancellationToken) => handshake.AcceptAsync(subProtocol);

        public ValueTask RefuseAsync(CloseReason reason, TimeSpan? retryAfter)
        {
            handshake.Refuse(reason.HttpStatus, reason.Cause);
            return ValueTask.CompletedTask;
        }
    }
}
