using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Airlock.Core;

namespace Airlock;

/// <summary>What everything at one endpoint knows: how it behaves, who may come in, what handles messages, and what is counted and limited. Safe for concurrent use.</summary>
internal sealed class EndpointScope
{
    private readonly ConditionalWeakTable<ISessionLog, object> _plain = [];
    private volatile bool _hasPlain;
    private long _warnedAt = -TimeSpan.TicksPerMinute;

    internal EndpointScope(ServerScope server, string name, EndpointOptions options, Authenticate authenticate, TurnHandler handler, ApplicationJson json)
    {
        Server = server;
        Name = name;
        Options = options;
        Authenticate = authenticate;
        Handler = handler;
        Json = json;
        UserLimit = new ConnectionLimit(options.ConnectionsPerUserMax);
        Metrics = server.Instruments?.Add(name, options.Session.Window);
        AddressLimit = new ConnectionLimit(options.ConnectionsPerAddressMax);
        CreditOfOpen = new HoldCredit { Messages = options.HoldMessagesBeforeAuthentication, Bytes = options.HoldBytesBeforeAuthentication };
        CreditOfAuthed = new HoldCredit { Messages = options.HoldMessagesMax, Bytes = options.HoldBytesMax };
    }

    internal ServerScope Server { get; }

    internal string Name { get; }

    internal EndpointOptions Options { get; }

    /// <summary>What its connections wait for.</summary>
    internal ImmutableArray<GateReport> Gates => Options.WaitsForGates ? Server.Gates.Gates : [];

    internal Authenticate Authenticate { get; }

    internal TurnHandler Handler { get; }

    internal ApplicationJson Json { get; }

    /// <summary>What is counted here; null if the server was made without a meter.</summary>
    internal EndpointMetrics? Metrics { get; }

    internal ConnectionLimit UserLimit { get; }

    internal ConnectionLimit AddressLimit { get; }

    /// <summary>How much a client may send before its user is known.</summary>
    internal HoldCredit CreditOfOpen { get; }

    /// <summary>How much a client may send before it is ready, in all.</summary>
    internal HoldCredit CreditOfAuthed { get; }

    /// <summary>Work of this endpoint has got a thread. Waits of more than a second are told once a minute: handlers that block hold threads, and everybody waits for them.</summary>
    /// <param name="askedAt">When it was ready to run, in ticks of the server's clock.</param>
    internal void NoteThreadWait(long askedAt)
    {
        var now = Server.Platform.Clock.Now;
        Metrics?.ThreadWaited(now - askedAt);
        var warned = Interlocked.Read(ref _warnedAt);
        if (now - askedAt > TimeSpan.TicksPerSecond && now - warned >= TimeSpan.TicksPerMinute && Interlocked.CompareExchange(ref _warnedAt, now, warned) == warned)
        {
            Log.ThreadWaited(Server.Platform.Logger, Name, TimeSpan.FromTicks(now - askedAt));
        }
    }

    internal void MarkPlain(ISessionLog log)
    {
        _plain.TryAdd(log, log);
        _hasPlain = true;
    }

    internal bool IsPlain(ISessionLog log) => _hasPlain && _plain.TryGetValue(log, out _);
}
