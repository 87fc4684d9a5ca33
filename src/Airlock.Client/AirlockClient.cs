using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json.Serialization.Metadata;
using Airlock.Core;

namespace Airlock.Client;

/// <summary>
/// A client of an Airlock endpoint: one session over as many connections as it takes. What is sent waits for ready and survives reconnects;
/// what the server sends is given once and in order.
/// </summary>
/// <remarks>Every member may be called concurrently and from any context; nothing blocks. Handlers and callbacks run on the thread pool.</remarks>
public sealed class AirlockClient : IAsyncDisposable
{
    private readonly AirlockClientOptions _options;
    private readonly ApplicationJson _json;
    private readonly Driver _driver;
    private int _reading;

    /// <summary>Makes a client. It connects when <see cref="Start"/> is called.</summary>
    /// <param name="endpoint">The endpoint: <c>ws</c> or <c>wss</c>; <c>http</c> and <c>https</c> mean the same.</param>
    /// <param name="options">How to connect, or null for no credentials and the defaults. They are copied: changes made later have no effect.</param>
    /// <exception cref="ArgumentException">The address or an option cannot be used.</exception>
    public AirlockClient(Uri endpoint, AirlockClientOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        _options = (options ?? new AirlockClientOptions()).Copy();
        _options.Check();
        _json = ApplicationJson.By(_options.JsonSerializerOptions);
        var session = new Session(_options.State?.Instance ?? _options.NewId(), _options.UnhandledBytesMax);
        if (_options.State is { } state)
        {
            state.Check();
            session.Restore(state);
        }

        Restored = [.. session.Outbox.Messages.Select(static message => message.Receipt)];
        _driver = new Driver(Address(endpoint), _options, session, Tell);
    }

    /// <summary>Told of every state of every connection, of gates and of stripped credentials, in order, on the thread pool. A handler that blocks delays the next call only.</summary>
    public event Action<ConnectionChange>? StateChanged;

    /// <summary>Where the connection that counts is. <see cref="ConnectionState.Connecting"/> before <see cref="Start"/>; after the client has stopped, how its last connection ended.</summary>
    public ConnectionState State => _driver.Ask(static core => core.Current?.State ?? ConnectionState.Connecting);

    /// <summary>The gates as the present connection knows them. Gates that were always open are not told.</summary>
    public IReadOnlyList<GateFrame> Gates => _driver.Ask(static core => core.Current is { } link ? [.. link.Gates] : Array.Empty<GateFrame>());

    /// <summary>Completes when the first connection is ready. Faults with <see cref="AirlockClosedException"/> if the client stops for good before.</summary>
    public Task Ready => _driver.Ready;

    /// <summary>The receipts of the messages that came with <see cref="AirlockClientOptions.State"/>, in order.</summary>
    public IReadOnlyList<Receipt> Restored { get; }

    /// <summary>Starts to connect, and to reconnect until the client stops for good. A second call does nothing.</summary>
    /// <remarks>The first connection is traced as a part of <see cref="Activity.Current"/>.</remarks>
    public void Start()
    {
        var traceParent = TraceParentOf(Activity.Current);
        _driver.Step((core, now) => core.Start(now, traceParent));
    }

    /// <summary>Sends a value as JSON; one of a polymorphic type keeps its discriminator, whatever it is declared as here. It is queued at once, written when the connection is ready, and kept until the server has finished it.</summary>
    /// <remarks>The turn that handles it is traced as a part of <see cref="Activity.Current"/>, if there is one.</remarks>
    /// <param name="value">The value.</param>
    /// <param name="id">The idempotency key: 1 to 64 characters from <c>!</c> to <c>~</c>, unique per user for an hour. Null for a random one.</param>
    /// <typeparam name="T">The type to write.</typeparam>
    /// <returns>The receipt.</returns>
    /// <exception cref="ArgumentException">The id is not legal, or an unfinished message has it; or the value cannot be written: it nests more than 62 deep, or has half of an emoji.</exception>
    /// <exception cref="AirlockRefusedException">The queue is full (<c>queue_full</c>).</exception>
    /// <exception cref="InvalidOperationException">The client is leaving.</exception>
    /// <exception cref="AirlockClosedException">The client has stopped for good.</exception>
    public Receipt Send<T>(T value, string? id = null) => SendChecked(_json.Write(value), id);

    /// <summary>Sends a value as JSON with generated code; else as <see cref="Send{T}(T, string?)"/>.</summary>
    /// <param name="value">The value.</param>
    /// <param name="info">The generated contract.</param>
    /// <param name="id">The idempotency key, or null for a random one.</param>
    /// <typeparam name="T">The type to write.</typeparam>
    /// <returns>The receipt.</returns>
    public Receipt Send<T>(T value, JsonTypeInfo<T> info, string? id = null) => SendChecked(ApplicationJson.Write(value, info), id);

    /// <summary>Sends a payload that is JSON already; else as <see cref="Send{T}(T, string?)"/>.</summary>
    /// <param name="payload">One JSON value as UTF-8, nested at most 62 deep. It is copied.</param>
    /// <param name="id">The idempotency key, or null for a random one.</param>
    /// <returns>The receipt.</returns>
    /// <exception cref="ArgumentException">The payload is not one JSON value.</exception>
    public Receipt SendJson(ReadOnlyMemory<byte> payload, string? id = null)
    {
        Payload.CheckWritten(payload);
        return SendChecked(payload.ToArray(), id);
    }

    /// <summary>Asks the server to stop handling a message: the only way to cancel one. Repeated on new connections until it is finished; nothing happens if it is.</summary>
    /// <param name="receipt">The message's receipt. Its <see cref="Receipt.Done"/> tells whether the stop came in time.</param>
    public void Stop(Receipt receipt)
    {
        ArgumentNullException.ThrowIfNull(receipt);
        _driver.Step((core, _) => core.Stop(receipt.Id));
    }

    /// <summary>What the server sends, in order, each once. Read it also if only receipts matter: a server pauses when too much is unacknowledged.</summary>
    /// <remarks>
    /// A message counts as handled, and is acknowledged, when the next one is asked for or the loop is left. A later call goes on where this one ended.
    /// It ends when the client has left or is disposed, and throws <see cref="AirlockClosedException"/> if it stopped for good for another reason.
    /// </remarks>
    /// <param name="cancellation">Ends the wait for a message.</param>
    /// <exception cref="InvalidOperationException">Someone reads already.</exception>
    public async IAsyncEnumerable<ServerMessage> MessagesAsync([EnumeratorCancellation] CancellationToken cancellation = default)
    {
        if (Interlocked.Exchange(ref _reading, 1) == 1)
        {
            throw new InvalidOperationException("The messages are being read already; there is one reader at a time.");
        }

        try
        {
            while (true)
            {
                cancellation.ThrowIfCancellationRequested();
                var (message, ending) = _driver.Ask(static core => (core.NextMessage, core.Finished));
                if (message is null)
                {
                    if (ending is not null)
                    {
                        ThrowIfNotLeft(ending);
                        yield break;
                    }

                    await _driver.Arrived.WaitAsync(cancellation);
                    continue;
                }

                try
                {
                    yield return message;
                }
                finally
                {
                    _driver.Step(static (core, now) => core.Handle(now));
                }
            }
        }
        finally
        {
            Volatile.Write(ref _reading, 0);
        }
    }

    /// <summary>
    /// Says that nothing more will be sent, and waits until the server has handled everything and ended the session. Reconnects as long as that takes.
    /// Keep reading <see cref="MessagesAsync"/> meanwhile: the session ends when everything is acknowledged, and that waits for the reader as long as it finishes with something every
    /// <see cref="AirlockClientOptions.CloseTimeout"/>.
    /// </summary>
    /// <param name="cancellation">Ends the wait, not the leaving.</param>
    /// <exception cref="AirlockClosedException">The client stopped for good for another reason.</exception>
    public Task LeaveAsync(CancellationToken cancellation = default)
    {
        _driver.Step(static (core, now) => core.Bye(now));
        return _options.Spawner.StartAsync(async () =>
        {
            var waiting = new Abandonment(_options.Spawner);
            await using var given = cancellation.UnsafeRegister(static waiting => ((Abandonment)waiting!).Now(), waiting);
            await waiting.UntilAsync(_driver.Finished);
            if (!_driver.Finished.IsCompleted)
            {
                cancellation.ThrowIfCancellationRequested();
            }

            ThrowIfNotLeft(await _driver.Finished);
        });
    }

    /// <summary>Closes at once. The session stays, for a while, with what it has; an <see cref="Export"/> made afterwards can resume it.</summary>
    public ValueTask DisposeAsync()
    {
        _driver.Step(static (core, now) => core.Leave(now));
        return new ValueTask(_options.Spawner.StartAsync(_driver.StopAsync));
    }

    /// <summary>
    /// Where the client stands, for <see cref="AirlockClientOptions.State"/> of a later process. Take it after <see cref="DisposeAsync"/>: a session goes on
    /// only from the newest state, and whatever is handled after the export would come again.
    /// </summary>
    public AirlockClientState Export() => _driver.Ask(static core => core.Session.Export());

    private void Tell(ConnectionChange change)
    {
        foreach (var handler in Delegate.EnumerateInvocationList(StateChanged))
        {
            try
            {
                handler(change);
            }
            catch (Exception exception)
            {
                // The application's code: one bad handler must not silence what follows.
                _options.Logger.HandlerFailed(exception);
            }
        }
    }

    private static void ThrowIfNotLeft(Ending ending)
    {
        if (ending.Cause is not ("bye" or "client_closed"))
        {
            throw new AirlockClosedException(ending);
        }
    }

    private Uri Address(Uri endpoint)
    {
        var scheme = endpoint.IsAbsoluteUri ? endpoint.Scheme : "";
        if (scheme.Length > 0 && endpoint.Fragment.Length > 0)
        {
            throw new ArgumentException("A WebSocket's address has no fragment (RFC 6455 §3): leave out what follows the #.", nameof(endpoint));
        }

        if (scheme.Length > 0 && endpoint.UserInfo.Length > 0)
        {
            throw new ArgumentException($"A user or password in the address goes nowhere: give {nameof(AirlockClientOptions.Token)} or {nameof(AirlockClientOptions.Ticket)}.", nameof(endpoint));
        }

        if (_options.Ticket is not null && _options.CredentialsIn == CredentialCarrier.Query && scheme.Length > 0 && endpoint.Query.TrimStart('?').Split('&').Any(static pair => pair.Split('=')[0] == "ticket"))
        {
            throw new ArgumentException($"The address has a ticket of its own: a ticket is good once, {nameof(AirlockClientOptions.Ticket)} gives one for each connection.", nameof(endpoint));
        }

        return scheme switch
        {
            "ws" or "wss" => endpoint,
            "http" or "https" => new UriBuilder(endpoint) { Scheme = scheme == "http" ? "ws" : "wss", Port = endpoint.Port }.Uri,
            "" => throw new ArgumentException("The endpoint's address is relative: give it whole, like wss://example.org/chat.", nameof(endpoint)),
            _ => throw new ArgumentException($"The endpoint's scheme is ws, wss, http or https, not '{scheme}'.", nameof(endpoint)),
        };
    }

    private static string? TraceParentOf(Activity? activity) => activity is { IdFormat: ActivityIdFormat.W3C } ? activity.Id : null;

    private Receipt SendChecked(ReadOnlyMemory<byte> payload, string? id)
    {
        if (id is not null && !MessageId.IsValid(id))
        {
            throw new ArgumentException("An id has 1 to 64 characters from ! to ~.", nameof(id));
        }

        Receipt? receipt = null;
        var traceParent = TraceParentOf(Activity.Current);
        _driver.Step((core, _) => receipt = core.Send(id ?? _options.NewId(), payload, traceParent));
        return receipt!;
    }
}
