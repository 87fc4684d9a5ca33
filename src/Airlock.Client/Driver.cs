using System.Collections.Concurrent;
using System.Net;
using System.Threading.Channels;
using Airlock.Core;

namespace Airlock.Client;

/// <summary>Moves events into <see cref="ClientCore"/> and its effects out of it. All of its own work is started by the spawner: on the pool.</summary>
/// <remarks>The lock guards the core alone; no foreign code runs under it. Effects are performed in their order, by whoever finds nobody performing.</remarks>
internal sealed class Driver : ITransportOwner
{
    /// <summary>How many changes may wait for slow handlers; then the oldest are dropped.</summary>
    private const int ToldMax = 1024;

    private readonly Lock _lock = new();
    private readonly ClientCore _core;
    private readonly Uri _uri;
    private readonly AirlockClientOptions _options;
    private readonly long _startedAt;
    private readonly ITimer _timer;
    private readonly ConcurrentDictionary<Link, Transport> _transports = new();
    private readonly Channel<Told> _told = Channel.CreateBounded<Told>(new BoundedChannelOptions(ToldMax) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<Ending> _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Abandonment? _refresh;
    private bool _performing;

    public Driver(Uri uri, AirlockClientOptions options, Session session, Action<ConnectionChange> tell)
    {
        (_uri, _options, Credentials) = (uri, options, new CredentialsSource(options));
        _startedAt = options.TimeProvider.GetTimestamp();
        _core = new ClientCore(session, options, options.TimeProvider.GetUtcNow());
        _timer = options.TimeProvider.CreateTimer(static driver => ((Driver)driver!).On(static (core, now) => core.Tick(now)), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _ = options.Spawner.StartAsync(() => TellAsync(tell));
    }

    public CredentialsSource Credentials { get; }

    /// <summary>What servers have set, for the life of this client.</summary>
    public CookieContainer Cookies { get; } = new();

    /// <summary>Wakes the reader of messages.</summary>
    public Signal Arrived { get; } = new();

    public Task Ready => _ready.Task;

    public Task<Ending> Finished => _finished.Task;

    public bool HasSession => Ask(static core => core.Session.Id is not null);

    /// <summary>One call of the application; its effects are performed before or soon after this returns.</summary>
    public void Step(Action<ClientCore, TimeSpan> step)
    {
        lock (_lock)
        {
            step(_core, Now);
            if (_performing)
            {
                return;
            }

            _performing = true;
        }

        Perform();
    }

    /// <summary>Reads something of the core.</summary>
    public T Ask<T>(Func<ClientCore, T> question)
    {
        lock (_lock)
        {
            return question(_core);
        }
    }

    public void Offered(Link link, Offer offer) => On((_, _) => link.Offer = offer);

    public void Heard(Link link) => On((_, now) => link.HeardAt = now);

    public void Received(Link link, ReadOnlyMemory<byte> message) => On((core, now) => core.Received(link, message, now));

    public void Violated(Link link, string text) => On((core, now) => core.Violated(link, text, now));

    public void Ended(Link link, Ending ending) => On((core, now) => core.Ended(link, ending, now));

    public bool Fill(Link link, FrameWriter writer)
    {
        var filled = false;
        On((core, now) => filled = core.Fill(link, writer, now));
        return filled;
    }

    /// <summary>Waits until every connection is closed, at most for the closing handshake. Foreign code is waited for nowhere: it may call this itself, or never return.</summary>
    public async Task StopAsync()
    {
        // Behind it no connection is made any more.
        await _finished.Task;
        // A snapshot first: sorting counts and copies in two steps, and transports end meanwhile.
        foreach (var (_, transport) in _transports.ToArray().OrderBy(static pair => pair.Key.Number))
        {
            await transport.Gone;
        }

        // In its turn: somebody may still be about to tell how the last connection ended.
        Step(static (core, _) => core.Rest());
    }

    private TimeSpan Now => _options.TimeProvider.GetElapsedTime(_startedAt);

    /// <summary>One event from below: whoever brings it cannot know what to do with an exception.</summary>
    private void On(Action<ClientCore, TimeSpan> step)
    {
        try
        {
            Step(step);
        }
        catch (Exception bug)
        {
            Fail(bug);
        }
    }

    /// <summary>The last resort: what nobody expected ends this client, with a cause. Else everybody who waits for it would wait for ever.</summary>
    private void Fail(Exception bug)
    {
        try
        {
            Step((core, now) => core.Fail(bug, now));
        }
        catch (Exception)
        {
            // Not even that works any more.
            Finish(Ending.Failed(bug));
            foreach (var transport in _transports.Values)
            {
                transport.Abort();
            }
        }
    }

    private void Perform()
    {
        while (true)
        {
            Effect effect;
            lock (_lock)
            {
                if (!_core.TryTake(out effect))
                {
                    _performing = false;
                    Arm();
                    return;
                }
            }

            try
            {
                Perform(effect);
            }
            catch (Exception bug)
            {
                Fail(bug);
                if (effect is Effect.Close { Link: { } link })
                {
                    // Whoever waits for this end would wait for ever.
                    Find(link)?.Abort();
                }
            }
        }
    }

    private void Perform(Effect effect)
    {
        switch (effect)
        {
            case Effect.Dial dial:
                var transport = new Transport(this, dial.Link, _uri, _options);
                _transports[dial.Link] = transport;
                _ = _options.Spawner.StartAsync(() => RunAsync(dial.Link, transport));
                break;
            case Effect.Write write:
                Find(write.Link)?.Wake();
                break;
            case Effect.Close close:
                Find(close.Link)?.Close(close.Code, close.Cause);
                break;
            case Effect.FetchToken fetch:
                _refresh = new Abandonment(_options.Spawner);
                _ = _options.Spawner.StartAsync(() => FetchTokenAsync(fetch.Link, _refresh));
                break;
            case Effect.Deliver:
                Arrived.Set();
                break;
            case Effect.Change change:
                _told.Writer.TryWrite(new Told(change.What, null));
                break;
            case Effect.Ready:
                _ready.TrySetResult();
                break;
            case Effect.Settle { Refusal: { } refusal } settle:
                settle.Receipt.Fail(refusal);
                break;
            case Effect.Settle settle:
                settle.Receipt.Finish(settle.Outcome);
                break;
            case Effect.Finish finish:
                Finish(finish.Ending);
                break;
            case Effect.Rest:
                _timer.Dispose();
                _told.Writer.TryComplete();
                break;
        }
    }

    private void Finish(Ending ending)
    {
        _told.Writer.TryWrite(new Told(null, ending));
        _refresh?.Now();
        var why = new AirlockClosedException(ending);
        _ready.TrySetException(why);
        // Read once: a client whose readiness nobody awaits does not count as an unobserved exception.
        _ = _ready.Task.Exception;
        foreach (var receipt in Ask(static core => core.Session.Outbox.Untold.Select(static message => message.Receipt).ToList()))
        {
            receipt.Fail(why);
        }

        _finished.TrySetResult(ending);
        Arrived.Set();
    }

    private Transport? Find(Link link) => _transports.GetValueOrDefault(link);

    private async Task RunAsync(Link link, Transport transport)
    {
        try
        {
            await transport.RunAsync();
        }
        catch (Exception bug)
        {
            Fail(bug);
        }

        _transports.TryRemove(link, out _);
    }

    private async Task FetchTokenAsync(Link link, Abandonment abandonment)
    {
        string? token = null;
        try
        {
            using var timeout = _options.TimeProvider.CreateTimer(static abandonment => ((Abandonment)abandonment!).Now(), abandonment, _options.ConnectTimeout, Timeout.InfiniteTimeSpan);
            token = (await Credentials.AskAsync(CredentialsReason.Refresh, abandonment)).Secret;
            if (token.Length == 0)
            {
                _told.Writer.TryWrite(new Told(null, null));
            }
        }
        catch (Exception exception)
        {
            // The application's code: anything may come out of it. The next try follows.
            _told.Writer.TryWrite(new Told(null, null, exception));
        }

        On((core, now) => core.TokenFetched(link, token, now));
    }

    /// <summary>Runs the application's handlers and its logger, which may block or throw. Nobody waits for this.</summary>
    private async Task TellAsync(Action<ConnectionChange> tell)
    {
        while (await _told.Reader.WaitToReadAsync())
        {
            while (_told.Reader.TryRead(out var told))
            {
                Try(() => Record(told));
                if (told.Change is { } change)
                {
                    Try(() => tell(change));
                }
            }
        }
    }

    private static void Try(Action foreign)
    {
        try
        {
            foreign();
        }
        catch (Exception)
        {
            // A logger that throws has nowhere to say so; what handlers throw is logged where they are called.
        }
    }

    private void Record(Told told)
    {
        switch (told)
        {
            case { Change: { } change }:
                Record(change);
                break;
            case { End: { Cause: "bye" or "client_closed" } end }:
                _options.Logger.Left(end.Cause);
                break;
            case { End: { } end }:
                _options.Logger.Stopped(end.Cause, end.Code, end.Text, end.Origin);
                break;
            default:
                _options.Logger.NoToken(told.Exception);
                break;
        }
    }

    private void Record(ConnectionChange change)
    {
        if (change.Stripped.Count > 0)
        {
            _options.Logger.Stripped(change.Number, change.Connection, string.Join(", ", change.Stripped));
        }
        else if (change.Cause is { } cause)
        {
            _options.Logger.Ended(change.Number, change.Connection, change.State, cause, change.Code, change.Detail, change.RetryIn);
        }
        else
        {
            _options.Logger.Entered(change.Number, change.Connection, change.State);
        }
    }

    /// <summary>
    /// Sets the one timer to what is due next. Under the lock, so that the last setting is of the last state. That is never further away than a timer holds (seven weeks): a hint is at most a day, and every connection has the
    /// alarm of its silence, at most two.
    /// </summary>
    private void Arm()
    {
        var left = _core.Due is { } at ? TimeSpan.FromMilliseconds(Math.Ceiling(Math.Max(0, (at - Now).TotalMilliseconds))) : Timeout.InfiniteTimeSpan;
        _timer.Change(left, Timeout.InfiniteTimeSpan);
    }

    /// <summary>What the application hears of, in order.</summary>
    /// <param name="Change">A change, or null.</param>
    /// <param name="End">The client's end, or null. With neither: there was no token for a refresh.</param>
    /// <param name="Exception">Why there was no token, if something was thrown.</param>
    private readonly record struct Told(ConnectionChange? Change, Ending? End, Exception? Exception = null);
}
