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
    private readonly ConcurrentDictionary<string, Connection> _index = new();
    private readonly ConcurrentDictionary<string, byte> _endpointNames = new();
    private readonly CancellationTokenSource _stopping = new();
    // Every run of turns registers with one of these: with a single one, all sessions would meet at its lock.
    private readonly CancellationTokenSource[] _stoppingRuns = new CancellationTokenSource[16];
    private readonly Lock _drainLock = new();
    private TaskCompletionSource? _drained;
    private volatile DrainPlan? _drain;

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

        TurnPlaces = turnsMax is { } max ? new TurnPlaces(max) : null;
        Platform = new Platform(new Clock(time ?? TimeProvider.System), entropy ?? new SystemEntropy(), new HostLogger(logger ?? NullLogger.Instance));
        Store = store ?? new MemorySessionStore(Platform.Clock.Time, Platform.Entropy, new MemorySessionStoreOptions());
        Json = ApplicationJson.By(json);
        Sessions = new Sessions(Store, Platform.Entropy, Json);
        Observation = new Observation(this);
        Instruments = meters is null ? null : new Instruments(meters, Gates, Store, () => IsDraining);
        Stopping = _stopping.Token;
        for (var i = 0; i < _stoppingRuns.Length; i++)
        {
            _stoppingRuns[i] = CancellationTokenSource.CreateLinkedTokenSource(Stopping);
        }
    }

    /// <summary>What connections wait for.</summary>
    public GateBoard Gates { get; } = new();

    /// <summary>Sends to sessions from anywhere.</summary>
    public Sessions Sessions { get; }

    /// <summary>What there is to see, for people.</summary>
    public Observation Observation { get; }

    /// <summary>How many connections there are, in any state but ended.</summary>
    public int ConnectionCount => _index.Count;

    /// <summary>Whether new connections are refused because the server is going away.</summary>
    public bool IsDraining => _drain is not null;

    internal IEnumerable<KeyValuePair<string, Connection>> Index => _index;

    internal Platform Platform { get; }

    internal ISessionStore Store { get; }

    internal ApplicationJson Json { get; }

    /// <summary>Null if the number of turns is not limited.</summary>
    internal TurnPlaces? TurnPlaces { get; }

    internal Instruments? Instruments { get; }

    /// <summary>Connections that were accepted only to be told why they are refused; more get an HTTP answer (<c>spec/wire.md</c> §1).</summary>
    internal ConnectionLimit AcceptedToRefuse { get; } = new(64);

    /// <summary>When clients that are refused while the server goes away should come back.</summary>
    internal TimeSpan? DrainRetryAfter => _drain?.RetryAfter;

    internal CancellationToken Stopping { get; }

    /// <summary>The state of a connection, or null if there is none of that id (an unknown connection is never ready).</summary>
    /// <param name="connection">The connection's id.</param>
    public ConnectionState? StateOf(string connection) => _index.TryGetValue(connection, out var found) ? found.State : null;

    /// <summary>What a connection has been through, or null if there is none of that id.</summary>
    /// <param name="connection">The connection's id.</param>
    public IReadOnlyList<FlightEntry>? RecordOf(string connection) => _index.TryGetValue(connection, out var found) ? found.ReadRecord() : null;

    /// <summary>The ids of all connections, in no order.</summary>
    public IReadOnlyCollection<string> Connections => [.. _index.Keys];

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

        return new Endpoint(this, name, options, authenticate, handler, json is null ? Json : ApplicationJson.By(json));
    }

    /// <summary>Tells every connection to move, refuses new ones, and waits until all are gone.</summary>
    /// <param name="budget">How long connections may stay. From 0 to 1 hour.</param>
    /// <param name="retryAfter">When refused connections should come back.</param>
    /// <param name="spread">Over how long from now the calls to leave are spread, so that not all dial at once. From 0 to <paramref name="budget"/>. Default: half of it.</param>
    /// <returns>When the last connection has ended. A second call keeps the earlier deadline.</returns>
    public Task DrainAsync(TimeSpan budget, TimeSpan retryAfter, TimeSpan? spread = null)
    {
        Task drained;
        lock (_drainLock)
        {
            var by = Platform.Clock.Now + budget.Ticks;
            _drain = _drain is { } earlier && earlier.By <= by ? earlier : new DrainPlan(by, retryAfter, spread ?? budget / 2);
            drained = (_drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }

        Log.Draining(Platform.Logger, ConnectionCount, budget);
        foreach (var connection in _index.Values)
        {
            connection.Post(LifecycleEvent.DrainRequested(_drain.By, _drain.RetryAfter));
        }

        FinishDrain();
        return drained;
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
            foreach (var connection in _index.Values)
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
        foreach (var connection in _index.Values)
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
    public void StopTurns() => Platform.Spawner.Cancel(_stopping, Platform.Logger);

    /// <inheritdoc/>
    public void Dispose()
    {
        // Not disposed: turns that end later still look at its token.
        StopTurns();
        Platform.Deadlines.Dispose();
        (Store as IDisposable)?.Dispose();
    }

    /// <summary>As <see cref="Stopping"/>, for whoever registers for each run of a session's turns.</summary>
    internal CancellationToken StoppingFor(ISessionLog log) => _stoppingRuns[log.Id[^1] % _stoppingRuns.Length].Token;

    internal Connection? Find(string connection) => _index.GetValueOrDefault(connection);

    /// <summary>How long a connection waits before it looks for its next one, so that not all come at once.</summary>
    internal TimeSpan NextDrainDelay() => (_drain?.Spread ?? TimeSpan.Zero) * Platform.Entropy.NextFraction();

    /// <summary>Enters a connection under its one id. A drain that begins later finds it here; one that began before is found by the connection.</summary>
    internal void Enter(Connection connection)
    {
        if (!_index.TryAdd(connection.Id, connection))
        {
            throw new System.Diagnostics.UnreachableException("Two connections got the same random id.");
        }
    }

    internal void Leave(Connection connection)
    {
        _index.TryRemove(KeyValuePair.Create(connection.Id, connection));
        FinishDrain();
    }

    private void FinishDrain()
    {
        if (_drain is not null && _index.IsEmpty)
        {
            _drained?.TrySetResult();
        }
    }

    private sealed record DrainPlan(long By, TimeSpan RetryAfter, TimeSpan Spread);
}
