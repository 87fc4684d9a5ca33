using System.Collections.Concurrent;
using System.Net;
using System.Threading.Channels;
using Airlock.Core;

namespace Airlock.Client;

/// <summary>Moves events into <see cref="ClientCore"/> and its effects out of it. All of its own work runs on the pool.</summary>
/// <remarks>The lock guards the core alone; no foreign code runs under it. Effects are performed in their order, by whoever finds nobody performing.</remarks>
internal sealed class Driver
{
    /// <summary>How many changes may wait for slow handlers; then the oldest are dropped.</summary>
    private const int ChangesMax = 1024;

    private readonly Lock _lock = new();
    private readonly ClientCore _core;
    private readonly Uri _uri;
    private readonly AirlockClientOptions _options;
    private readonly long _startedAt;
    private readonly ITimer _timer;
    private readonly ConcurrentDictionary<Link, (Transport Transport, Task Running)> _transports = new();
    private readonly Channel<ConnectionChange> _changes = Channel.CreateBounded<ConnectionChange>(new BoundedChannelOptions(ChangesMax) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<Ending> _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _telling;
    private bool _performing;

    public Driver(Uri uri, AirlockClientOptions options, Session session, Action<ConnectionChange> tell)
    {
        (_uri, _options) = (uri, options);
        _startedAt = options.TimeProvider.GetTimestamp();
        _core = new ClientCore(session, options, options.TimeProvider.GetUtcNow());
        _timer = options.TimeProvider.CreateTimer(static driver => ((Driver)driver!).Step(static (core, now) => core.Tick(now)), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _telling = Spawner.StartAsync(() => TellAsync(tell));
    }

    /// <summary>What servers have set, for the life of this client.</summary>
    public CookieContainer Cookies { get; } = new();

    /// <summary>Wakes the reader of messages.</summary>
    public Signal Arrived { get; } = new();

    public Task Ready => _ready.Task;

    public Task<Ending> Finished => _finished.Task;

    public bool HasSession => Ask(static core => core.Session.Id is not null);

    /// <summary>One event; its effects are performed before or soon after this returns.</summary>
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

    public void Connected(Link link, Offer offer) => Step((_, _) => link.Offer = offer);

    public void Received(Link link, ReadOnlyMemory<byte> message) => Step((core, now) => core.Received(link, message, now));

    public void Violated(Link link, string text) => Step((core, now) => core.Violated(link, text, now));

    public void Ended(Link link, Ending ending) => Step((core, now) => core.Ended(link, ending, now));

    public bool Fill(Link link, FrameWriter writer)
    {
        var filled = false;
        Step((core, now) => filled = core.Fill(link, writer, now));
        return filled;
    }

    /// <summary>Waits until every connection is closed and every change is told.</summary>
    public async Task StopAsync()
    {
        await Task.WhenAll(_transports.Values.Select(static each => each.Running));
        await _timer.DisposeAsync();
        _changes.Writer.TryComplete();
        await _telling;
    }

    private TimeSpan Now => _options.TimeProvider.GetElapsedTime(_startedAt);

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

            Perform(effect);
        }
    }

    private void Perform(Effect effect)
    {
        switch (effect)
        {
            case Effect.Dial dial:
                var transport = new Transport(this, dial.Link, _uri, _options);
                _transports[dial.Link] = (transport, Task.CompletedTask);
                _transports[dial.Link] = (transport, Spawner.StartAsync(() => RunAsync(dial.Link, transport)));
                break;
            case Effect.Write write:
                Find(write.Link)?.Wake();
                break;
            case Effect.Close close:
                Find(close.Link)?.Close(close.Code, close.Cause);
                break;
            case Effect.FetchToken fetch:
                _ = Spawner.StartAsync(() => FetchTokenAsync(fetch.Link));
                break;
            case Effect.Deliver:
                Arrived.Set();
                break;
            case Effect.Change change:
                _changes.Writer.TryWrite(change.What);
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
        }
    }

    private void Finish(Ending ending)
    {
        if (ending.Cause is "bye" or "client_closed")
        {
            _options.Logger.Left(ending.Cause);
        }
        else
        {
            _options.Logger.Stopped(ending.Cause, ending.Code, ending.Text, ending.Origin);
        }

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

    private Transport? Find(Link link) => _transports.TryGetValue(link, out var found) ? found.Transport : null;

    private async Task RunAsync(Link link, Transport transport)
    {
        using (transport)
        {
            await transport.RunAsync();
        }

        _transports.TryRemove(link, out _);
    }

    private async Task FetchTokenAsync(Link link)
    {
        string? token = null;
        try
        {
            var fresh = await _options.Token!(CancellationToken.None);
            Offer.Check(fresh);
            token = fresh;
            if (string.IsNullOrEmpty(token))
            {
                _options.Logger.NoToken(null);
            }
        }
        catch (Exception exception)
        {
            // The application's code: anything may come out of it. The next try follows.
            _options.Logger.NoToken(exception);
        }

        Step((core, now) => core.TokenFetched(link, token, now));
    }

    private async Task TellAsync(Action<ConnectionChange> tell)
    {
        while (await _changes.Reader.WaitToReadAsync())
        {
            while (_changes.Reader.TryRead(out var change))
            {
                Record(change);
                try
                {
                    tell(change);
                }
                catch (Exception exception)
                {
                    // The application's code: one bad handler must not silence what follows.
                    _options.Logger.HandlerFailed(exception);
                }
            }
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

    /// <summary>Sets the one timer to what is due next. Under the lock, so that the last setting is of the last state.</summary>
    private void Arm()
    {
        var due = _core.Due is { } at ? TimeSpan.FromMilliseconds(Math.Ceiling(Math.Max(0, (at - Now).TotalMilliseconds))) : Timeout.InfiniteTimeSpan;
        _timer.Change(due, Timeout.InfiniteTimeSpan);
    }
}
