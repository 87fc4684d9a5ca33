using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Airlock.Core;

namespace Airlock;

/// <summary>One place to connect to: its options, who may come in, and what handles messages. Safe for concurrent use.</summary>
public sealed class Endpoint
{
    /// <summary>The largest payload a server may send, in bytes: a message of <see cref="WireLimits.ServerMessageBytesMax"/> less its frame.</summary>
    public const int PayloadBytesMax = WireLimits.ServerMessageBytesMax - 1024;

    private readonly AirlockServer _server;
    private readonly ConditionalWeakTable<ISessionLog, object> _plain = [];
    private volatile bool _hasPlain;
    private long _warnedAt = -TimeSpan.TicksPerMinute;

    internal Endpoint(AirlockServer server, string name, EndpointOptions options, Authenticate authenticate, TurnHandler handler, ApplicationJson json)
    {
        _server = server;
        Name = name;
        Options = options;
        Authenticate = authenticate;
        Handler = handler;
        Json = json;
        Turns = new TurnProcessor(this, server);
        UserLimit = new ConnectionLimit(options.ConnectionsPerUserMax);
        Metrics = server.Instruments?.Add(this);
        AddressLimit = new ConnectionLimit(options.ConnectionsPerAddressMax);
        CreditOfOpen = new HoldCredit { Messages = options.HoldMessagesBeforeAuthentication, Bytes = options.HoldBytesBeforeAuthentication };
        CreditOfAuthed = new HoldCredit { Messages = options.HoldMessagesMax, Bytes = options.HoldBytesMax };
    }

    /// <summary>The endpoint's name: its path.</summary>
    public string Name { get; }

    /// <summary>How it behaves.</summary>
    public EndpointOptions Options { get; }

    /// <summary>What its connections wait for.</summary>
    internal ImmutableArray<GateReport> Gates => Options.WaitsForGates ? _server.Gates.Gates : [];

    internal Authenticate Authenticate { get; }

    internal TurnHandler Handler { get; }

    internal ApplicationJson Json { get; }

    internal TurnProcessor Turns { get; }

    /// <summary>What is counted here; null if the server was made without a meter.</summary>
    internal EndpointMetrics? Metrics { get; }

    internal ConnectionLimit UserLimit { get; }

    internal ConnectionLimit AddressLimit { get; }

    /// <summary>How much a client may send before its user is known.</summary>
    internal HoldCredit CreditOfOpen { get; }

    /// <summary>How much a client may send before it is ready, in all.</summary>
    internal HoldCredit CreditOfAuthed { get; }

    /// <summary>Serves one connection from before its upgrade to its end. Never throws for what a peer or a network does.</summary>
    /// <param name="request">The request.</param>
    /// <returns>When the connection has ended and its transport is disposed.</returns>
    public Task RunAsync(ConnectionRequest request) => new Connection(_server, this, request).RunAsync();

    /// <summary>Work of this endpoint has got a thread. Waits of more than a second are told once a minute: handlers that block hold threads, and everybody waits for them.</summary>
    /// <param name="askedAt">When it was ready to run, in ticks of the server's clock.</param>
    internal void NoteThreadWait(long askedAt)
    {
        var now = _server.Platform.Clock.Now;
        Metrics?.ThreadWaited(now - askedAt);
        var warned = Interlocked.Read(ref _warnedAt);
        if (now - askedAt > TimeSpan.TicksPerSecond && now - warned >= TimeSpan.TicksPerMinute && Interlocked.CompareExchange(ref _warnedAt, now, warned) == warned)
        {
            Log.ThreadWaited(_server.Platform.Logger, Name, TimeSpan.FromTicks(now - askedAt));
        }
    }

    internal void MarkPlain(ISessionLog log)
    {
        _plain.TryAdd(log, log);
        _hasPlain = true;
    }

    internal bool IsPlain(ISessionLog log) => _hasPlain && _plain.TryGetValue(log, out _);
}
