using System.Globalization;
using System.Net;

namespace Airlock.Lab.Wire;

/// <summary>What one half of a wire scenario runs in: processes, proxies, clients and the history of all of them. Everything that is started here ends with it.</summary>
internal sealed class WireWorld : IAsyncDisposable
{
    /// <summary>How long anything may take before the run says that it hangs. A guard, not a measure: a quick machine and a slow one get the same verdict.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly string _hosts;
    private readonly Uri? _url;
    private readonly IReadOnlyList<string> _tokens;
    private readonly Lock _lock = new();
    private readonly List<IAsyncDisposable> _started = [];
    private readonly List<WireClient> _clients = [];
    private readonly List<(string Name, string Value)> _figures = [];
    private int _servers;

    /// <summary>Makes a world.</summary>
    /// <param name="subject">What is on the other side.</param>
    /// <param name="hosts">The hosts' executable; unused if there is an address.</param>
    /// <param name="stopped">Ctrl-C.</param>
    /// <param name="url">A server that runs already; null to start one.</param>
    /// <param name="tokens">What to show there, client by client and round again.</param>
    public WireWorld(WireSubject subject, string hosts, CancellationToken stopped, Uri? url = null, IReadOnlyList<string>? tokens = null) =>
        (Subject, _hosts, Stopped, _url, _tokens) = (subject, hosts, stopped, url, tokens ?? []);

    /// <summary>The key of the lab's tokens.</summary>
    public static byte[] Key { get; } = System.Security.Cryptography.RandomNumberGenerator.GetBytes(32);

    /// <summary>What is on the other side.</summary>
    public WireSubject Subject { get; }

    /// <summary>Ctrl-C.</summary>
    public CancellationToken Stopped { get; }

    /// <summary>What all parties did.</summary>
    public History History { get; } = new();

    /// <summary>The JSON that clients send to a server that runs already, which counts as answered when it is done; null for the hosts, which answer by name.</summary>
    public string? Message { get; init; }

    /// <summary>What figures are judged by.</summary>
    public Budgets Budgets { get; init; } = new();

    /// <summary>Whether this is the short form.</summary>
    public bool IsQuick { get; init; }

    /// <summary>What was measured, to be reported and not judged.</summary>
    public IReadOnlyList<(string Name, string Value)> Figures => _figures;

    /// <summary>Clients so far.</summary>
    public IReadOnlyList<WireClient> Clients => _clients;

    /// <summary>A good token of a user.</summary>
    public static string TokenOf(string user) => LabToken.Issue(Key, user, DateTimeOffset.UtcNow.AddHours(1));

    /// <summary>Starts the subject.</summary>
    public async Task<HostedServer> StartServerAsync(WireHostOptions? options = null, WireSubject? subject = null)
    {
        if (_url is not null)
        {
            return HostedServer.At(_url);
        }

        var server = await HostedServer.StartAsync(string.Create(CultureInfo.InvariantCulture, $"server {Interlocked.Increment(ref _servers)}"), _hosts, subject ?? Subject, options ?? new WireHostOptions(), History, Stopped);
        return Keep(server);
    }

    /// <summary>Starts nginx.</summary>
    public async Task<Intermediary> StartNginxAsync(int upstream, string directives = "proxy_read_timeout 600s;") => Keep(await Intermediary.StartNginxAsync(upstream, directives, Stopped));

    /// <summary>Starts haproxy.</summary>
    public async Task<Intermediary> StartHaproxyAsync(IEnumerable<int> upstreams, string directives = "", TimeSpan? tunnelTimeout = null) =>
        Keep(await Intermediary.StartHaproxyAsync(upstreams, directives, tunnelTimeout ?? TimeSpan.FromMinutes(10), Stopped));

    /// <summary>Starts a fault proxy. What it does is written into the history.</summary>
    public FaultProxy StartFaultProxy(int upstream, Func<int, FaultPlan> planOf) =>
        Keep(new FaultProxy(new IPEndPoint(IPAddress.Loopback, upstream), planOf, (number, kind) => Note("info", "fault", $"{kind} of connection {number}")));

    /// <summary>Makes a client; it has not dialed yet.</summary>
    /// <param name="port">Where it dials.</param>
    /// <param name="user">Its user; its name if null.</param>
    /// <param name="credentials">What it shows; a good token of its user in the Authorization header if null.</param>
    /// <param name="subject">What it talks to, if not the world's subject.</param>
    public WireClient NewClient(int port, string? user = null, WireCredentials? credentials = null, WireSubject? subject = null)
    {
        lock (_lock)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"client {_clients.Count + 1}");
            user ??= string.Create(CultureInfo.InvariantCulture, $"user-{_clients.Count + 1}");
            credentials ??= new WireCredentials(_url is null ? TokenOf(user) : _tokens.Count == 0 ? null : _tokens[_clients.Count % _tokens.Count]);
            // Behind a proxy of the lab a server that runs already keeps its path.
            var url = new Uri(string.Create(CultureInfo.InvariantCulture, $"ws://127.0.0.1:{port}{_url?.PathAndQuery ?? "/chat"}"));
            WireClient client = (subject ?? Subject).Host switch
            {
                "airlock" => new AirlockWireClient(this, name, user, url, credentials),
                "legacy" => new LegacyWireClient(this, name, user, url, credentials),
                "plain" => new PlainWireClient(this, name, user, url, credentials),
                _ => new SignalRWireClient(this, name, user, url, credentials),
            };
            _clients.Add(client);
            return client;
        }
    }

    /// <summary>The fault proxies so far.</summary>
    public IReadOnlyList<FaultProxy> FaultProxies => [.. _started.OfType<FaultProxy>()];

    /// <summary>Another world for a subject to compare with; the caller ends it.</summary>
    public WireWorld Beside(WireSubject subject) => new(subject, _hosts, Stopped);

    /// <summary>Completes when the history has so many lines of a kind.</summary>
    public Task WhenNotedAsync(string what, int count) => History.WhenAsync(what, count);

    /// <summary>Some clients.</summary>
    public List<WireClient> NewClients(int count, int port) => [.. Enumerable.Range(0, count).Select(_ => NewClient(port))];

    /// <summary>Something that must be so.</summary>
    public void Expect(bool isSo, string what)
    {
        if (!isSo)
        {
            Note("fail", "expect", what);
        }
    }

    /// <summary>Writes down a figure for the report.</summary>
    public void Figure(string name, string value)
    {
        lock (_lock)
        {
            _figures.Add((name, value));
        }
    }

    /// <summary>Writes down a figure that has a limit, and judges it.</summary>
    /// <param name="limit">The figure and its limit.</param>
    /// <param name="isTime">Whether it is a time, which the short form does not judge: it runs beside other things.</param>
    public void Figure(JudgedLimit limit, bool isTime)
    {
        Figure(limit.Name, $"{limit.Value} (limit: {limit.Limit}{(isTime && IsQuick ? ", not judged here" : "")})");
        Expect(limit.IsMet || (isTime && IsQuick), $"{limit.Name} is {limit.Limit}; it is {limit.Value}.");
    }

    /// <summary>Writes down what the lab itself did.</summary>
    public void Note(string type, string what, string cause, string? connection = null) =>
        History.Add(new HistoryEntry(DateTimeOffset.UtcNow, type, what, "lab") { Cause = cause, Connection = connection });

    /// <summary>Waits for something of the run, within the guard.</summary>
    public Task WaitAsync(Task task) => task.WaitAsync(Patience, Stopped);

    /// <summary>Waits for something of every client, within the guard.</summary>
    public Task WaitAsync(IEnumerable<Task> tasks) => Task.WhenAll(tasks).WaitAsync(Patience, Stopped);

    /// <summary>Everybody leaves, and the servers end in order, so that their log is whole.</summary>
    public async Task FinishAsync()
    {
        await WaitAsync(_clients.Select(static client => client.LeaveAsync()));
        var servers = _started.OfType<HostedServer>().ToList();
        servers.ForEach(static server => server.Terminate());
        await WaitAsync(servers.Select(static server => server.Exited));
    }

    /// <summary>Ends everything at once.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
        {
            await client.DisposeAsync();
        }

        foreach (var each in Enumerable.Reverse(_started))
        {
            await each.DisposeAsync();
        }
    }

    private T Keep<T>(T started)
        where T : IAsyncDisposable
    {
        lock (_lock)
        {
            _started.Add(started);
        }

        return started;
    }
}
