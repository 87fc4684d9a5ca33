namespace Airlock.Lab.Wire;

/// <summary>An application's side of connections, in words that every subject understands. Its methods may be called concurrently.</summary>
internal abstract class WireClient(WireWorld world, string name, string user, Uri url, WireCredentials credentials) : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly HashSet<string> _unsettled = [];
    private TaskCompletionSource _settled = New();
    private int _sent;
    private int _leaving;
    private string? _readyOn;

    /// <summary>Its name in the history.</summary>
    public string Name => name;

    /// <summary>Its user.</summary>
    public string User => user;

    /// <summary>Completes when it is told for the first time that it is ready.</summary>
    public Task Ready => ReadySource.Task;

    /// <summary>Completes when the transport of its first connection stands.</summary>
    public Task Connected => ConnectedSource.Task;

    /// <summary>Completes with the code and cause when a connection of its is over for the first time.</summary>
    public Task<(int Code, string? Cause)> FirstEnd => FirstEndSource.Task;

    /// <summary>Completes when a connection is over on which it was ready; one that never got so far counts as an end only.</summary>
    public Task ReadyEnd => ReadyEndSource.Task;

    /// <summary>Completes when it is ready on a connection after the first.</summary>
    public Task ReadyAgain => ReadyAgainSource.Task;

    /// <summary>When it dialed, its transport stood, it was ready, and it got the first answer; default if it did not.</summary>
    public Milestones Times { get; } = new();

    /// <summary>How often it was told that it is ready.</summary>
    public int ReadyCount { get; private set; }

    protected WireWorld World => world;

    protected Uri Url => url;

    protected WireCredentials Credentials => credentials;

    protected TaskCompletionSource ReadySource { get; } = New();

    protected TaskCompletionSource ConnectedSource { get; } = New();

    protected TaskCompletionSource ReadyAgainSource { get; } = New();

    private TaskCompletionSource ReadyEndSource { get; } = New();

    protected TaskCompletionSource<(int Code, string? Cause)> FirstEndSource { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Messages that have got neither an answer nor a refusal.</summary>
    public int Unsettled
    {
        get
        {
            lock (_lock)
            {
                return _unsettled.Count;
            }
        }
    }

    /// <summary>Dials.</summary>
    public abstract void Start();

    /// <summary>Dials again after an end, if it does not do so by itself.</summary>
    public virtual void Redial()
    {
    }

    /// <summary>Sends a message as soon as its own rules allow.</summary>
    public string Send()
    {
        string id;
        lock (_lock)
        {
            // Without a space, so that an answer can name it.
            id = $"{name.Replace(' ', '-')}.{++_sent}";
            _unsettled.Add(id);
        }

        Note("invoke", "send", e => e with { Id = id, User = user });
        Send(id);
        return id;
    }

    /// <summary>Waits until every message has got an answer or a refusal, or nothing more can come.</summary>
    public async Task WhenSettledAsync()
    {
        while (true)
        {
            Task settled;
            lock (_lock)
            {
                if (_unsettled.Count == 0)
                {
                    return;
                }

                settled = _settled.Task;
            }

            await Task.WhenAny(settled, Over).WaitAsync(WireWorld.Patience, world.Stopped);
            if (Over.IsCompleted)
            {
                return;
            }
        }
    }

    /// <summary>Leaves for good and waits for the end; once.</summary>
    public Task LeaveAsync() => Interlocked.Exchange(ref _leaving, 1) == 0 ? EndAsync() : Task.CompletedTask;

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();

    /// <summary>Completes when nothing more can come.</summary>
    protected abstract Task Over { get; }

    protected abstract void Send(string id);

    protected abstract Task EndAsync();

    protected void Note(string type, string what, Func<HistoryEntry, HistoryEntry>? with = null, DateTimeOffset? at = null)
    {
        var entry = new HistoryEntry(at ?? DateTimeOffset.UtcNow, type, what, name);
        world.History.Add(with?.Invoke(entry) ?? entry);
    }

    protected void BeReady(string connection, DateTimeOffset? at = null)
    {
        Note("ok", "ready", e => e with { Connection = connection }, at);
        Times.Ready ??= TimeProvider.System.GetTimestamp();
        _readyOn = connection;
        if (++ReadyCount > 1)
        {
            ReadyAgainSource.TrySetResult();
        }

        ReadySource.TrySetResult();
    }

    protected void BeAnswered(string id, string asUser, string? connection, string? session = null, long? number = null)
    {
        Times.Answered ??= TimeProvider.System.GetTimestamp();
        Note("ok", "send", e => e with { Id = id, User = asUser, Connection = connection, Session = session, Number = number });
        Settle(id);
    }

    protected void BeRefused(string id, string cause, string? connection)
    {
        Note("fail", "send", e => e with { Id = id, Cause = cause, Connection = connection });
        Settle(id);
    }

    /// <summary>Nobody can tell any more what became of it.</summary>
    protected void GiveUp(string id, string cause)
    {
        Note("info", "send", e => e with { Id = id, Cause = cause });
        Settle(id);
    }

    protected void GiveUpAll(string cause)
    {
        string[] ids;
        lock (_lock)
        {
            ids = [.. _unsettled];
        }

        foreach (var id in ids)
        {
            GiveUp(id, cause);
        }
    }

    protected void BeClosed(string connection, int code, string? cause, bool told, DateTimeOffset? at = null)
    {
        Note(code == 1000 ? "ok" : "fail", "close", e => e with { Connection = connection, Code = code, Cause = cause, Told = told ? true : null }, at);
        FirstEndSource.TrySetResult((code, cause));
        if (connection == _readyOn)
        {
            ReadyEndSource.TrySetResult();
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Settle(string id)
    {
        lock (_lock)
        {
            if (_unsettled.Remove(id))
            {
                var settled = _settled;
                _settled = New();
                settled.SetResult();
            }
        }
    }

    /// <summary>Instants of the monotonic clock.</summary>
    internal sealed class Milestones
    {
        public long? Dialed { get; set; }

        public long? Connected { get; set; }

        public long? Ready { get; set; }

        public long? Answered { get; set; }

        /// <summary>Milliseconds between two of them.</summary>
        public static double Between(long? from, long? to) => from is { } a && to is { } b ? TimeProvider.System.GetElapsedTime(a, b).TotalMilliseconds : double.NaN;
    }
}
