using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text.Json;
using Airlock.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Airlock;

/// <summary>Everything the connections of one process share: the index, the gates, the sessions and the deadlines. Safe for concurrent use.</summary>
public sealed class AirlockServer : IDisposable
{
    private readonly ConcurrentDictionary<string, byte> _endpointNames = new();
    private readonly ConnectionIndex<Connection> _connections = new();
    private readonly ApplicationJson _json;

    /// <summary>Makes a server without endpoints.</summary>
    /// <param name="time">The clock. Default: the system's.</param>
    /// <param name="entropy">Where ids and jitter come from. Default: <see cref="SystemEntropy"/>.</param>
    /// <param name="store">Where sessions live. Default: a <see cref="MemorySessionStore"/>.</param>
    /// <param name="logger">Where to log. Default: nowhere.</param>
    /// <param name="meters">Where the meter <see cref="AirlockTelemetry.MeterName"/> comes from, which lives as long as it does. Default: nothing is measured.</param>
    /// <param name="json">How <see cref="Turn"/> and <see cref="Sessions"/> read and write JSON; not to be changed afterwards. Default: <see cref="JsonSerializerOptions.Web"/>.</param>
    /// <param name="turnsMax">How many turns may be under way at once; those beyond wait, without a thread. From 1 to 1,000,000. Default: as many as there are.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="turnsMax"/> is outside its range.</exception>
    public AirlockServer(TimeProvider? time = null, Entropy? entropy = null, ISessionStore? store = null, ILogger? logger = null, IMeterFactory? meters = null, JsonSerializerOptions? json = null, int? turnsMax = null)
    {
        if (turnsMax is < 1 or > 1_000_000)
        {
            throw new ArgumentOutOfRangeException(nameof(turnsMax), turnsMax, "From 1 to 1,000,000 turns may be under way at once, or null for as many as there are.");
        }

        var platform = new Platform(new Clock(time ?? TimeProvider.System), entropy ?? new SystemEntropy(), new HostLogger(logger ?? NullLogger.Instance));
        Scope = new ServerScope(platform, store ?? new MemorySessionStore(platform.Clock.Time, platform.Entropy, new MemorySessionStoreOptions()), meters, turnsMax);
        _json = ApplicationJson.By(json);
        Sessions = new Sessions(Scope.Store, platform.Entropy, _json);
        Observation = new Observation(Scope, _connections);
    }

    /// <summary>What connections wait for.</summary>
    public GateBoard Gates => Scope.Gates;

    /// <summary>Sends to sessions from anywhere.</summary>
    public Sessions Sessions { get; }

    /// <summary>What there is to see, for people.</summary>
    public Observation Observation { get; }

    /// <summary>How many connections there are, in any state but ended.</summary>
    public int ConnectionCount => _connections.Count;

    /// <summary>Whether new connections are refused because the server is going away.</summary>
    public bool IsDraining => Scope.Drain.HasBegun;

    internal ServerScope Scope { get; }

    internal Platform Platform => Scope.Platform;

    internal ISessionStore Store => Scope.Store;

    /// <summary>The state of a connection, or null if there is none of that id (an unknown connection is never ready).</summary>
    /// <param name="connection">The connection's id.</param>
    public ConnectionState? StateOf(string connection) => _connections.Find(connection)?.State;

    /// <summary>What a connection has been through, or null if there is none of that id.</summary>
    /// <param name="connection">The connection's id.</param>
    public IReadOnlyList<FlightEntry>? RecordOf(string connection) => _connections.Find(connection)?.ReadRecord();

    /// <summary>The ids of all connections, in no order.</summary>
    public IReadOnlyCollection<string> Connections => [.. _connections.Ids];

    /// <summary>Adds an endpoint.</summary>
    /// <param name="name">Its name, unique in the process: its path.</param>
    /// <param name="options">How it behaves.</param>
    /// <param name="authenticate">Who may come in.</param>
    /// <param name="handler">What handles messages.</param>
    /// <param name="json">How <see cref="Turn"/> reads and writes JSON. Default: as the server's.</param>
    /// <exception cref="ArgumentException">There is one of that name.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    public Endpoint AddEndpoint(string name, EndpointOptions options, Authenticate authenticate, TurnHandler handler, JsonSerializerOptions? json = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(authenticate);
        ArgumentNullException.ThrowIfNull(handler);
        options.Validate();
        if (!_endpointNames.TryAdd(name, 0))
        {
            throw new ArgumentException($"There is an endpoint '{name}' already: its sessions could not be told from this one's. Map it once, or give each a path of its own.", nameof(name));
        }

        return new Endpoint(new EndpointScope(Scope, name, options, authenticate, handler, json is null ? _json : ApplicationJson.By(json)), _connections);
    }

    /// <summary>Tells every connection to move, refuses new ones, and waits until all are gone.</summary>
    /// <param name="budget">How long connections may stay. From 0 to 1 hour.</param>
    /// <param name="retryAfter">When refused connections should come back.</param>
    /// <param name="spread">Over how long from now the calls to leave are spread, so that not all dial at once. From 0 to <paramref name="budget"/>. Default: half of it.</param>
    /// <returns>When the last connection has ended. A second call keeps the earlier deadline.</returns>
    public Task DrainAsync(TimeSpan budget, TimeSpan retryAfter, TimeSpan? spread = null)
    {
        var (by, hint) = Scope.Drain.Begin(budget, retryAfter, spread ?? budget / 2);
        Log.Draining(Platform.Logger, ConnectionCount, budget);
        foreach (var connection in _connections.All)
        {
            connection.Post(LifecycleEvent.DrainRequested(by, hint));
        }

        return _connections.EmptiedAsync();
    }

    /// <summary>
    /// Waits until nothing is under way for any connection: every message is done, and every answer is acknowledged by its client. A connection that is about to close
    /// is not waited for. For one caller at a time.
    /// </summary>
    public async Task RestAsync()
    {
        bool hasWaited;
        do
        {
            hasWaited = false;
            foreach (var connection in _connections.All)
            {
                var rest = connection.RestAsync();
                hasWaited |= !rest.IsCompleted;
                await rest;
            }
        }
        while (hasWaited);
    }

    /// <summary>
    /// Waits until every connection that is there now, all of them told to close, has its close with its transport, or has ended, or has a peer that does not read: only then an <see cref="Abort"/> overtakes nothing.
    /// Each takes its endpoint's <c>Timeouts.Close</c> at most. Call after a <see cref="DrainAsync"/> without budget.
    /// </summary>
    public async Task ToldAsync()
    {
        foreach (var connection in _connections.All)
        {
            await connection.ToldAsync();
        }
    }

    /// <summary>Cuts a connection's transport without a word, as a network does that breaks. Its session stays, as after any cut.</summary>
    /// <param name="connection">The connection's id.</param>
    /// <returns>Whether there is one of that id.</returns>
    public bool Abort(string connection)
    {
        var found = Find(connection);
        found?.Abort();
        return found is not null;
    }

    /// <summary>Cancels the turns that are still running: their try fails and is repeated where the session is taken up again. Call after <see cref="DrainAsync"/>.</summary>
    public void StopTurns() => Scope.StopTurns();

    /// <inheritdoc/>
    public void Dispose()
    {
        // Not disposed: turns that end later still look at its token.
        StopTurns();
        Platform.Deadlines.Dispose();
        (Store as IDisposable)?.Dispose();
    }

    internal Connection? Find(string connection) => _connections.Find(connection);
}
