using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Airlock.Lab.Wire;

namespace Airlock.Hostile.Faults;

/// <summary>Makes faults, each many times, and compares what server and client say of them with the table in docs/causes.md. The truth of a run is written before it strikes.</summary>
internal sealed class FaultInjector
{
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(5);
    private readonly string _root;
    private readonly IReadOnlyDictionary<string, FaultRow> _table;
    private readonly TextWriter _truth;
    private readonly ConcurrentDictionary<string, ConcurrentQueue<string>> _outside = new();
    private readonly ConcurrentDictionary<string, int> _runs = new();
    private FaultHost _host = null!;
    private FaultHost _full = null!;
    private JsFleet? _fleet;
    private int _count;

    public FaultInjector(string root, TextWriter truth)
    {
        (_root, _truth) = (root, TextWriter.Synchronized(truth));
        _table = FaultTable.Read(File.ReadAllText(System.IO.Path.Combine(root, "docs/causes.md")));
    }

    /// <summary>Every kind of the table, each at least this often.</summary>
    /// <param name="runs">How often each.</param>
    /// <param name="batch">How many runs of a kind at once.</param>
    /// <param name="kinds">How many kinds at once.</param>
    /// <param name="only">One kind alone, or null.</param>
    public async Task RunAsync(int runs, int batch, int kinds, string? only, Report report, Progress progress, CancellationToken stop)
    {
        using var metrics = new MeterListener();
        metrics.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Name == "airlock.connection.closes")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        var counted = new ConcurrentDictionary<string, long>();
        metrics.SetMeasurementEventCallback<long>((_, value, tags, _) =>
        {
            foreach (var tag in tags)
            {
                if (tag.Key.EndsWith("cause", StringComparison.Ordinal))
                {
                    counted.AddOrUpdate((string)tag.Value!, value, (_, before) => before + value);
                }
            }
        });
        metrics.Start();
        await using var host = _host = await FaultHost.StartAsync();
        await using var full = _full = await FaultHost.StartAsync(upgradesMax: 0);
        await using var fleet = _fleet = JsFleet.IsThere(_root) ? JsFleet.Start(_root) : null;
        var all = Kinds().Where(kind => only is null || kind.Name == only).ToList();
        foreach (var row in _table.Keys.Where(row => only is null && all.All(kind => kind.Name != row)))
        {
            // A row that nothing makes would always hold; one whose program this machine lacks is told of.
            var isMissing = row.Contains("nginx", StringComparison.Ordinal) || row.Contains("haproxy", StringComparison.Ordinal) || (_fleet is null && row is "client_frozen" or "client_killed");
            if (isMissing)
            {
                report.Figure(row, "not injected: nginx, haproxy or node with the client's packages is missing");
            }
            else
            {
                report.Expect(row, false, "not injected", "injected");
            }
        }

        var done = 0;
        await Parallel.ForEachAsync(all, new ParallelOptions { MaxDegreeOfParallelism = kinds, CancellationToken = stop }, async (kind, _) =>
        {
            for (var left = runs; left > 0; left -= batch)
            {
                await RunBatchAsync(kind.Name, kind.Batch, Math.Min(batch, left));
                progress.Step("faults", Interlocked.Add(ref done, Math.Min(batch, left)), (long)runs * all.Count);
            }
        });
        foreach (var kind in all)
        {
            var outside = _outside.TryGetValue(kind.Name, out var found) ? found : [];
            report.Expect($"{kind.Name}: made", _runs.GetValueOrDefault(kind.Name) == runs, $"{_runs.GetValueOrDefault(kind.Name)}", $"{runs}");
            report.Expect($"{kind.Name}: outside its row", outside.IsEmpty, outside.IsEmpty ? $"0 of {_runs.GetValueOrDefault(kind.Name)}" : $"{outside.Count} of {_runs.GetValueOrDefault(kind.Name)}: {string.Join(" · ", outside.Take(3))}", "0");
        }

        report.Figure("faults injected", _runs.Values.Sum().ToString("N0", CultureInfo.InvariantCulture));
        if (only is null)
        {
            var differ = await DifferingAsync(metrics, counted);
            report.Expect("log and metric agree", differ.Count == 0, differ.Count == 0 ? "yes" : string.Join(" · ", differ), "yes");
        }
    }

    private static Task<T> InTimeAsync<T>(Task<T> task) => task.WaitAsync(_patience);

    /// <summary>What the log and the metric do not agree about, once they have had time to: a connection that ends between the two counts is in one of them only.</summary>
    private static async Task<IReadOnlyList<string>> DifferingAsync(MeterListener metrics, ConcurrentDictionary<string, long> counted)
    {
        var since = Stopwatch.GetTimestamp();
        while (true)
        {
            // An observable counter tells its whole count each time.
            counted.Clear();
            metrics.RecordObservableInstruments();
            var differ = FaultHost.Log.Causes.Where(cause => counted.GetValueOrDefault(cause.Key) != cause.Value).Select(cause => $"{cause.Key}: {cause.Value} in the log, {counted.GetValueOrDefault(cause.Key)} counted").ToList();
            if (differ.Count == 0 || Stopwatch.GetElapsedTime(since) > _patience)
            {
                return differ;
            }

            await Task.Delay(100);
        }
    }

    private async Task RunBatchAsync(string kind, Func<string, int, Task> batch, int runs)
    {
        try
        {
            await batch(kind, runs);
        }
        catch (Exception e) when (e is IOException or TimeoutException or WireException or System.Net.Sockets.SocketException)
        {
            Outside(kind, $"the run broke: {e.Message}");
        }
    }

    private IEnumerable<(string Name, Func<string, int, Task> Batch)> Kinds()
    {
        yield return Path("reset", "/calm", static p => (Both(p.ResetClient, p.ResetServer), false));
        yield return Path("end", "/calm", static p => (Both(p.EndClient, p.EndServer), false));
        yield return ("reset_before_ready", (kind, runs) => EachAsync(kind, runs, BeforeReadyAsync));
        yield return Path("cut_within_frame_up", "/calm", static p => (() => p.Up = Carriage.CutWithin, true));
        yield return Path("cut_within_frame_down", "/calm", static p => (() => p.Down = Carriage.CutWithin, true));
        yield return Path("half_open", "/calm", static p => (Both(() => p.Up = p.Down = Carriage.Drop, p.ResetClient), false));
        yield return Path("server_side_cut", "/quick", static p => (Both(() => p.Up = p.Down = Carriage.Drop, p.ResetServer), false));
        yield return Path("blackhole", "/quick", static p => (() => p.Up = p.Down = Carriage.Drop, false));
        yield return Path("blackhole_down", "/quick", static p => (() => p.Down = Carriage.Drop, false));
        yield return Path("blackhole_up", "/quick", static p => (() => p.Up = Carriage.Drop, false));
        yield return Path("corrupt_header_up", "/calm", static p => (() => p.Up = Carriage.CorruptHeader, true));
        yield return Path("corrupt_text_up", "/calm", static p => (() => p.Up = Carriage.CorruptText, true));
        yield return Path("corrupt_header_down", "/calm", static p => (() => p.Down = Carriage.CorruptHeader, true));
        yield return Path("corrupt_text_down", "/calm", static p => (() => p.Down = Carriage.CorruptText, true));
        yield return Path("close_in_clients_name", "/calm", static p => (Both(() => p.Up = p.Down = Carriage.Drop, () => p.SayUp(RawClient.Close(1001)), p.EndClient), false));
        yield return Path("close_in_servers_name", "/calm", static p => (Both(() => p.Up = p.Down = Carriage.Drop, () => p.SayDown([0x88, 2, 3, 0xE9]), p.ResetServer), false));
        yield return Path("close_in_both_names", "/calm", static p => (Both(() => p.Up = p.Down = Carriage.Drop, () => p.SayUp(RawClient.Close(1001)), () => p.SayDown([0x88, 2, 3, 0xE9])), false));
        if (Intermediary.NginxProgram is not null)
        {
            yield return ("idle_nginx", (kind, runs) => ProxiedAsync(kind, runs, Nginx("proxy_read_timeout 6s;"), kills: false));
            yield return ("nginx_killed", (kind, runs) => ProxiedAsync(kind, runs, Nginx("proxy_read_timeout 1h;"), kills: true));
        }

        if (Intermediary.HaproxyProgram is not null)
        {
            yield return ("idle_haproxy", (kind, runs) => ProxiedAsync(kind, runs, Haproxy(TimeSpan.FromSeconds(6)), kills: false));
            yield return ("haproxy_killed", (kind, runs) => ProxiedAsync(kind, runs, Haproxy(TimeSpan.FromHours(1)), kills: true));
        }

        yield return ("bad_gateway", (kind, runs) => EachAsync(kind, runs, BadGatewayAsync));
        yield return At("aborted", "/calm", (connection, _) => Task.FromResult(_host.Server.Abort(connection)));
        yield return At("disconnected", "/calm", async (_, user) => await _host.Server.Sessions.DisconnectAsync(SessionTarget.OfUser(Hosting.Tokens.Issuer, user)));
        yield return At("session_ended", "/calm", async (_, user) => await _host.Server.Sessions.EndAsync(SessionTarget.OfUser(Hosting.Tokens.Issuer, user)));
        yield return ("slow_consumer", (kind, runs) => EachAsync(kind, runs, SlowConsumerAsync));
        if (_fleet is not null)
        {
            yield return ("client_frozen", FrozenAsync);
            yield return ("client_killed", KilledAsync);
        }

        yield return ("client_closed", (kind, runs) => EachAsync(kind, runs, ClientClosedAsync));
        foreach (var (name, path, bytes) in Raw())
        {
            yield return (name, (kind, runs) => EachAsync(kind, runs, number => RawAsync(kind, number, path, bytes)));
        }

        yield return ("taken_over", (kind, runs) => EachAsync(kind, runs, TakenOverAsync));
        yield return ("server_killed", (kind, runs) => EndedAsync(kind, runs, kills: true));
        yield return ("server_stopped", (kind, runs) => EndedAsync(kind, runs, kills: false));
        yield return ("token_expires", (kind, runs) => EachAsync(kind, runs, TokenExpiresAsync));
        yield return ("token_late", (kind, runs) => EachAsync(kind, runs, number => NeverReadyAsync(kind, number, "/calm", TimeSpan.FromMinutes(-1))));
        yield return Store("store_fails", StoreFault.FailsToAppend);
        yield return Store("store_hangs", StoreFault.NeverAppends);
        yield return ("store_fails_at_start", (kind, runs) => EachAsync(kind, runs, number => NeverReadyAsync(kind, number, "/store", lifetime: null)));
        yield return ("handler_fails", (kind, runs) => EachAsync(kind, runs, HandlerFailsAsync));
        yield return Path("tls_reset", "/calm", static p => (Both(p.ResetClient, p.ResetServer), false), isTls: true);
        yield return Path("tls_end", "/calm", static p => (Both(p.EndClient, p.EndServer), false), isTls: true);
        yield return Path("tls_cut_within_record_up", "/calm", static p => (() => p.Up = Carriage.CutWithin, true), isTls: true);
        yield return Path("tls_cut_within_record_down", "/calm", static p => (() => p.Down = Carriage.CutWithin, true), isTls: true);
        yield return Path("tls_corrupt_up", "/calm", static p => (() => p.Up = Carriage.CorruptText, true), isTls: true);
        yield return Path("tls_corrupt_down", "/calm", static p => (() => p.Down = Carriage.CorruptText, true), isTls: true);
        yield return ("upgrade_limit", (kind, runs) => EachAsync(kind, runs, UpgradeLimitAsync));
    }

    private static IEnumerable<(string Name, string Path, Func<Random, (byte[] Bytes, int? Code)> Bytes)> Raw()
    {
        byte[][] frames =
        [
            [0x81, 0x04, 0x20, 0x20, 0x20, 0x20], RawClient.Frame(0xC1), RawClient.Frame(0x91), RawClient.Frame(0x83), RawClient.Frame(0x8B), RawClient.Frame(0x09), RawClient.Frame(0x89, new byte[126]),
            RawClient.Frame(0x80, 1), [.. RawClient.Frame(0x01, 0x22), .. RawClient.Frame(0x81, 0x22)], [0x81, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        ];
        byte[][] closes = [RawClient.Frame(0x88, 3), RawClient.Close(0), RawClient.Close(999), RawClient.Close(1004), RawClient.Close(1005), RawClient.Close(1006), RawClient.Close(1015), RawClient.Close(2999), RawClient.Close(5000), RawClient.Close(1000, 0xC3)];
        byte[][] texts = [RawClient.Frame(0x81, 0x22, 0xFF), RawClient.Frame(0x81, 0x22, 0xC3), [.. RawClient.Frame(0x01, 0x22, 0xE2, 0x82), .. RawClient.Frame(0x80, 0x22)], RawClient.Frame(0x81, 0x22, 0xED, 0xA0, 0x80, 0x22)];
        int[] codes = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4902, 4903, 4999];
        static (byte[] Bytes, int? Code) Close(int code) => (RawClient.Close(code), code);
        yield return ("close_code", "/calm", random => Close(random.Next(3) == 0 ? random.Next(3000, 5000) : codes[random.Next(codes.Length)]));
        yield return ("close_forbidden", "/calm", random => (closes[random.Next(closes.Length)], 1002));
        yield return ("frame_forbidden", "/calm", random => (frames[random.Next(frames.Length)], 1002));
        yield return ("text_forbidden", "/calm", random => (texts[random.Next(texts.Length)], 1007));
        yield return ("binary", "/calm", static _ => (RawClient.Frame(0x82, 1, 2, 3), null));
        yield return ("malformed", "/calm", static _ => (RawClient.Frame(0x81, Encoding.UTF8.GetBytes("""{"t":""")), null));
        yield return ("too_large", "/calm", static _ => (RawClient.Frame(0x81, [.. Enumerable.Repeat((byte)' ', 70_000)]), null));
        yield return ("no_hello", "/hello", static _ => ([], null));
        yield return ("drip", "/drip", static _ => (RawClient.Frame(0x81, new byte[400]), null));
    }

    private static Action Both(params Action[] actions) => () => Array.ForEach(actions, static action => action());

    private Func<CancellationToken, Task<Intermediary>> Nginx(string directives) => stop => Intermediary.StartNginxAsync(_host.Port, directives, stop);

    private Func<CancellationToken, Task<Intermediary>> Haproxy(TimeSpan timeout) => stop => Intermediary.StartHaproxyAsync([_host.Port], "", timeout, stop);

    private static Task EachAsync(string kind, int runs, Func<int, Task> run) => Task.WhenAll(Enumerable.Range(0, runs).Select(run));

    /// <summary>A fault of the path: what it does, and whether it waits for a message to strike.</summary>
    private (string Name, Func<string, int, Task> Batch) Path(string name, string endpoint, Func<FaultPath, (Action Act, bool Sends)> fault, bool isTls = false) =>
        (name, (kind, runs) => EachAsync(kind, runs, async number =>
        {
            var server = isTls ? _host.TlsPort : _host.Port;
            using var path = new FaultPath(server, server);
            var (client, user) = Open(path.Port, endpoint, number, isTls);
            await using (client)
            {
                var connection = await EchoedAsync(client);
                Truth(kind, connection, user);
                var (act, sends) = fault(path);
                act();
                if (sends)
                {
                    client.Send("the fault strikes here");
                }

                await JudgeAsync(kind, connection, client);
            }
        }));

    /// <summary>A fault of the server's.</summary>
    private (string Name, Func<string, int, Task> Batch) At(string name, string endpoint, Func<string, string, Task> act) =>
        (name, (kind, runs) => EachAsync(kind, runs, async number =>
        {
            var (client, user) = Open(_host.Port, endpoint, number);
            await using (client)
            {
                var connection = await EchoedAsync(client);
                Truth(kind, connection, user);
                await act(connection, user);
                await JudgeAsync(kind, connection, client);
            }
        }));

    /// <summary>A fault of the store's, when a message comes.</summary>
    private (string Name, Func<string, int, Task> Batch) Store(string name, StoreFault fault) =>
        (name, (kind, runs) => EachAsync(kind, runs, async number =>
        {
            var (client, user) = Open(_host.Port, "/store", number);
            await using (client)
            {
                var connection = await EchoedAsync(client);
                Truth(kind, connection, user);
                FailingStore.Faults[user] = fault;
                client.Send("the fault strikes here");
                await JudgeAsync(kind, connection, client);
            }
        }));

    /// <summary>A server of its own, whose process is killed or asked to end, and which is started anew at the same port.</summary>
    private async Task EndedAsync(string kind, int runs, bool kills)
    {
        var port = FreePort.Take();
        await using var server = await FaultProcess.StartAsync(port);
        var clients = await Task.WhenAll(Enumerable.Range(0, runs).Select(async number =>
        {
            var (client, user) = Open(port, "/calm", number);
            var connection = await EchoedAsync(client);
            Truth(kind, connection, user);
            return (client, connection);
        }));
        await (kills ? server.DisposeAsync().AsTask() : server.StopAsync());
        await using var next = await FaultProcess.StartAsync(port);
        await Task.WhenAll(clients.Select(async c =>
        {
            await JudgeAsync(kind, c.connection, c.client);
            await c.client.DisposeAsync();
        }));
    }

    private async Task TokenExpiresAsync(int number)
    {
        const string Kind = "token_expires";
        // On a slow machine the token's time may be over before the connection is ready: then a longer one, until it is not.
        for (var lifetime = TimeSpan.FromSeconds(10); ; lifetime *= 2)
        {
            var (client, user) = Open(_host.Port, "/calm", number, lifetime: lifetime);
            await using (client)
            {
                var connection = await EchoedAsync(client);
                if (client.FirstLost.IsCompleted && lifetime < _patience)
                {
                    continue;
                }

                Truth(Kind, connection, user);
                await JudgeAsync(Kind, connection, client);
                return;
            }
        }
    }

    /// <summary>The first connection ends before it is ready; a later one is good.</summary>
    private async Task NeverReadyAsync(string kind, int number, string endpoint, TimeSpan? lifetime)
    {
        var user = NewUser();
        Truth(kind, "-", user);
        if (kind == "store_fails_at_start")
        {
            FailingStore.Faults[user] = StoreFault.FailsToBegin;
        }

        await using var client = Open(_host.Port, endpoint, number, user, lifetime: lifetime);
        var (connection, cause) = await InTimeAsync(client.FirstLost);
        Compare(kind, "client", cause, _table[kind].Client);
        if (connection is null)
        {
            Outside(kind, "the client names no connection");
        }
        else
        {
            Compare(kind, "server", (await InTimeAsync(FaultHost.Log.EndOfAsync(connection))).Cause, _table[kind].Server);
        }

        await InTimeAsync(client.Ready);
        Done(kind);
    }

    private async Task HandlerFailsAsync(int number)
    {
        const string Kind = "handler_fails";
        var (client, user) = Open(_host.Port, "/fails", number);
        await using (client)
        {
            var connection = await InTimeAsync(client.Ready);
            Truth(Kind, connection, user);
            client.Send("fail");
            var cause = await InTimeAsync(client.Refused);
            if (cause != "handler_failed")
            {
                Outside(Kind, $"the message was refused as {cause}");
            }

            client.Send("hello");
            await client.Echoed.WaitAsync(_patience);
            if (client.FirstLost.IsCompleted || FaultHost.Log.EndOfAsync(connection).IsCompleted)
            {
                Outside(Kind, "the connection has ended");
            }
        }

        Done(Kind);
    }

    private async Task ProxiedAsync(string kind, int runs, Func<CancellationToken, Task<Intermediary>> start, bool kills)
    {
        var proxy = await start(CancellationToken.None);
        try
        {
            // The first connection goes through the proxy, those after it straight to the server.
            var ready = new CountdownEvent(runs);
            var killed = new TaskCompletionSource();
            await Task.WhenAll(Enumerable.Range(0, runs).Select(RunAsync).Append(kills ? KillAsync() : Task.CompletedTask));

            async Task RunAsync(int number)
            {
                using var path = new FaultPath(_host.Port, proxy.Port);
                var (client, user) = Open(path.Port, "/calm", number);
                await using (client)
                {
                    var connection = await EchoedAsync(client);
                    Truth(kind, connection, user);
                    if (!kills)
                    {
                        // A client that is back before the server has noticed would be another fault: half_open.
                        path.Reopened = FaultHost.Log.EndOfAsync(connection);
                    }

                    ready.Signal();
                    await JudgeAsync(kind, connection, client);
                }
            }

            async Task KillAsync()
            {
                while (!ready.IsSet)
                {
                    await Task.Delay(20);
                }

                await proxy.DisposeAsync();
                killed.SetResult();
            }
        }
        finally
        {
            if (!kills)
            {
                await proxy.DisposeAsync();
            }
        }
    }

    private async Task BeforeReadyAsync(int number)
    {
        const string Kind = "reset_before_ready";
        using var path = new FaultPath(_host.Port, _host.Port) { Up = Carriage.Pass };
        var user = NewUser();
        // The hello is never sent, so that the strike comes before ready on every machine.
        using var raw = await RawClient.OpenAsync(path.Port, "/calm", FaultHost.Tokens.For(user), saysHello: false);
        Truth(Kind, raw.Connection, user);
        path.ResetClient();
        path.ResetServer();
        Compare(Kind, "server", (await InTimeAsync(FaultHost.Log.EndOfAsync(raw.Connection))).Cause, _table[Kind].Server);
        Done(Kind);
    }

    private async Task BadGatewayAsync(int number)
    {
        const string Kind = "bad_gateway";
        using var path = new FaultPath(_host.Port, 0);
        Truth(Kind, "-", "-");
        var (client, _) = Open(path.Port, "/calm", number);
        await using (client)
        {
            Compare(Kind, "client", (await InTimeAsync(client.FirstLost)).Cause, _table[Kind].Client);
            await InTimeAsync(client.Ready);
            Done(Kind);
        }
    }

    private async Task SlowConsumerAsync(int number)
    {
        const string Kind = "slow_consumer";
        using var path = new FaultPath(_host.Port, _host.Port);
        var (client, user) = Open(path.Port, "/slow", number);
        await using (client)
        {
            var connection = await EchoedAsync(client);
            Truth(Kind, connection, user);
            path.Down = Carriage.Stall;
            client.Send("flood");
            await InTimeAsync(FaultHost.Log.EndOfAsync(connection));
            path.ResetClient();
            await JudgeAsync(Kind, connection, client);
        }
    }

    private async Task FrozenAsync(string kind, int runs)
    {
        await using var fleet = JsFleet.Start(_root);
        var clients = await Task.WhenAll(Enumerable.Range(0, runs).Select(async _ =>
        {
            var user = NewUser();
            var client = fleet.Open(Address(_host.Port, "/quick"), FaultHost.Tokens.For(user), FaultHost.Tokens.For(user));
            var connection = await EchoedAsync(client);
            Truth(kind, connection, user);
            return (client, connection);
        }));
        await fleet.SignalAsync("STOP");
        await Task.WhenAll(clients.Select(static c => InTimeAsync(FaultHost.Log.EndOfAsync(c.connection))));
        await fleet.SignalAsync("CONT");
        await Task.WhenAll(clients.Select(c => JudgeAsync(kind, c.connection, c.client)));
    }

    private async Task KilledAsync(string kind, int runs)
    {
        var fleet = JsFleet.Start(_root);
        var connections = await Task.WhenAll(Enumerable.Range(0, runs).Select(async _ =>
        {
            var user = NewUser();
            var connection = await EchoedAsync(fleet.Open(Address(_host.Port, "/calm"), FaultHost.Tokens.For(user), FaultHost.Tokens.For(user)));
            Truth(kind, connection, user);
            return connection;
        }));
        await fleet.DisposeAsync();
        foreach (var connection in connections)
        {
            Compare(kind, "server", (await InTimeAsync(FaultHost.Log.EndOfAsync(connection))).Cause, _table[kind].Server);
            Done(kind);
        }
    }

    private async Task ClientClosedAsync(int number)
    {
        const string Kind = "client_closed";
        var (client, user) = Open(_host.Port, "/calm", number);
        await using (client)
        {
            var connection = await EchoedAsync(client);
            Truth(Kind, connection, user);
            client.Close();
            await JudgeAsync(Kind, connection, client, code: 4900);
        }
    }

    private async Task RawAsync(string kind, int number, string path, Func<Random, (byte[] Bytes, int? Code)> bytesOf)
    {
        var user = NewUser();
        var (bytes, code) = bytesOf(new Random(_count));
        using var client = await RawClient.OpenAsync(_host.Port, path, FaultHost.Tokens.For(user), saysHello: kind != "no_hello");
        Truth(kind, client.Connection, user, code, bytes.Length > 0 ? Convert.ToHexString(bytes.AsSpan(0, Math.Min(bytes.Length, 16))) : null);
        var draining = client.DrainAsync();
        var end = FaultHost.Log.EndOfAsync(client.Connection);
        try
        {
            for (var i = 0; kind == "drip" && i < bytes.Length - 1 && !draining.IsCompleted; i++)
            {
                await client.SendAsync([bytes[i]]);
                await Task.WhenAny(draining, Task.Delay(300));
            }

            await client.SendAsync(kind == "drip" ? [] : bytes);
        }
        catch (IOException)
        {
            // The server has ended it already; how, is compared below.
        }

        await draining;
        var (cause, found) = await InTimeAsync(end);
        Compare(kind, "server", cause, _table[kind].Server);
        if (code is not null && code != found)
        {
            Outside(kind, $"the code {code} became {found}");
        }

        Done(kind);
    }

    private async Task TakenOverAsync(int number)
    {
        const string Kind = "taken_over";
        var user = NewUser();
        using var first = await RawClient.OpenAsync(_host.Port, "/calm", FaultHost.Tokens.For(user));
        Truth(Kind, first.Connection, user);
        using var second = await RawClient.OpenAsync(_host.Port, "/calm", FaultHost.Tokens.For(user), resume: $$"""{"session":"{{first.Session}}","attempt":2,"received":0}""");
        await first.DrainAsync();
        Compare(Kind, "server", (await InTimeAsync(FaultHost.Log.EndOfAsync(first.Connection))).Cause, _table[Kind].Server);
        Compare(Kind, "after", await InTimeAsync(FaultHost.Log.ExplanationOfAsync(first.Connection)), _table[Kind].After);
        Done(Kind);
    }

    private async Task UpgradeLimitAsync(int number)
    {
        const string Kind = "upgrade_limit";
        Truth(Kind, "-", "-");
        var before = FaultHost.Log.Causes.GetValueOrDefault("upgrade_failed");
        var status = await RawClient.StatusAsync(_full.Port, "/calm");
        if (status != "HTTP/1.1 503 Service Unavailable")
        {
            Outside(Kind, status);
        }

        for (var waited = 0; FaultHost.Log.Causes.GetValueOrDefault("upgrade_failed") <= before && waited < 1000; waited++)
        {
            await Task.Delay(10);
        }

        Compare(Kind, "server", FaultHost.Log.Causes.GetValueOrDefault("upgrade_failed") > before ? "upgrade_failed" : "nothing", _table[Kind].Server);
        Done(Kind);
    }

    private static Uri Address(int port, string endpoint, bool isTls = false) => new($"{(isTls ? "wss" : "ws")}://127.0.0.1:{port}{endpoint}");

    /// <param name="number">Which run it is: .NET's and JavaScript's clients take turns.</param>
    /// <param name="lifetime">How long the token is good that it shows until its first end; null: long.</param>
    private (FaultClient Client, string User) Open(int port, string endpoint, int number, bool isTls = false, TimeSpan? lifetime = null)
    {
        var user = NewUser();
        return (Open(port, endpoint, number, user, isTls, lifetime), user);
    }

    private FaultClient Open(int port, string endpoint, int number, string user, bool isTls = false, TimeSpan? lifetime = null)
    {
        var (address, later) = (Address(port, endpoint, isTls), FaultHost.Tokens.For(user));
        var first = lifetime is { } time ? FaultHost.Tokens.For(user, time) : later;
        return number % 2 == 0 && _fleet is not null ? _fleet.Open(address, first, later) : new DotNetFaultClient(address, first, later);
    }

    private string NewUser() => $"u{Interlocked.Increment(ref _count)}";

    /// <summary>Brings a client to where nothing is under way: ready, one message answered.</summary>
    private static async Task<string> EchoedAsync(FaultClient client)
    {
        var connection = await InTimeAsync(client.Ready);
        client.Send("hello");
        await client.Echoed.WaitAsync(_patience);
        return connection;
    }

    private async Task JudgeAsync(string kind, string connection, FaultClient client, int? code = null)
    {
        var row = _table[kind];
        var step = "the server's end";
        try
        {
            // A server that was killed tells nothing.
            if (row.Server.Count > 0)
            {
                var (cause, found) = await InTimeAsync(FaultHost.Log.EndOfAsync(connection));
                Compare(kind, "server", cause, row.Server);
                if (code is not null && code != found)
                {
                    Outside(kind, $"the code {code} became {found}");
                }
            }

            step = "the client's end";
            Compare(kind, "client", await InTimeAsync(client.EndOfAsync(connection)), row.Client);
            step = "its return";
            if (await InTimeAsync(client.Returned) is null)
            {
                if (!row.After.Contains(FaultTable.Unknown))
                {
                    Outside(kind, "the client stopped for good");
                }
            }
            else if (row.After.Any(static word => word != FaultTable.Unknown))
            {
                step = "the explanation";
                Compare(kind, "after", await InTimeAsync(FaultHost.Log.ExplanationOfAsync(connection)), row.After);
            }
            else if (row.After.Count == 0 && FaultHost.Log.ExplanationOfAsync(connection) is { IsCompleted: true } told)
            {
                Outside(kind, $"after: {await told}");
            }
        }
        catch (TimeoutException)
        {
            Outside(kind, $"{connection} ({client.GetType().Name}): nothing came of {step}");
        }

        Done(kind);
    }

    private void Truth(string kind, string connection, string user, int? code = null, string? bytes = null) =>
        _truth.WriteLine(JsonSerializer.Serialize(new { at = DateTimeOffset.UtcNow, fault = kind, connection, user, code, bytes }));

    private void Compare(string kind, string place, string found, IReadOnlyList<string> allowed)
    {
        if (!allowed.Contains(found))
        {
            Outside(kind, $"{place}: {found}");
        }
    }

    private void Outside(string kind, string what)
    {
        _outside.GetOrAdd(kind, static _ => new()).Enqueue(what);
        _truth.WriteLine(JsonSerializer.Serialize(new { at = DateTimeOffset.UtcNow, fault = kind, outside = what }));
    }

    private void Done(string kind) => _runs.AddOrUpdate(kind, 1, static (_, count) => count + 1);
}
