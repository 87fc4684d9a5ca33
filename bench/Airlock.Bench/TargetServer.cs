using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using Airlock.Bench.Net;
using EchoServer;

namespace Airlock.Bench;

/// <summary>One target in a process of its own, pinned to the server's core.</summary>
internal sealed class TargetServer : IAsyncDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);
    private readonly Process _process;
    private readonly HttpClient _http;
    private readonly List<string> _tokens = [];
    private readonly byte[] _key;
    private int _peers;

    private TargetServer(string target, Process process, int port, byte[] key)
    {
        (Target, _process, Port, _key) = (target, process, port, key);
        _http = new HttpClient { BaseAddress = new Uri(FormattableString.Invariant($"http://127.0.0.1:{port}/")), Timeout = _patience };
    }

    /// <summary>Its name.</summary>
    public string Target { get; }

    private int Port { get; }

    /// <summary>Starts it and waits until it listens.</summary>
    /// <param name="target">Its name.</param>
    /// <param name="core">The core it is pinned to, or null.</param>
    /// <param name="port">Its port; 0 for a free one.</param>
    /// <param name="key">The key of its tokens.</param>
    /// <exception cref="BenchException">It does not start; the message is its own.</exception>
    public static async Task<TargetServer> StartAsync(string target, int? core, int port, byte[] key)
    {
        var program = FindProgram();
        string[] arguments = ["dotnet", program, "--target", target, "--urls", FormattableString.Invariant($"http://127.0.0.1:{port}"), "--key", Convert.ToBase64String(key)];
        string[] pinned = core is { } c ? ["taskset", "-c", c.ToString(CultureInfo.InvariantCulture), .. arguments] : arguments;
        var start = new ProcessStartInfo(pinned[0], pinned[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new BenchException($"{pinned[0]} cannot be started: {e.Message}. It pins a server to a core; install util-linux, or leave out --server-core.");
        }

        AppDomain.CurrentDomain.ProcessExit += (_, _) => Kill(process);
        var errors = process.StandardError.ReadToEndAsync();
        const string Listens = " listens on http://127.0.0.1:";
        while (await process.StandardOutput.ReadLineAsync().WaitAsync(_patience) is { } line)
        {
            if (line.IndexOf(Listens, StringComparison.Ordinal) is >= 0 and var at)
            {
                return new TargetServer(target, process, int.Parse(line[(at + Listens.Length)..], CultureInfo.InvariantCulture), key);
            }
        }

        await process.WaitForExitAsync();
        throw new BenchException(port == 0
            ? $"The target {target} does not start: {(await errors).Trim()}"
            : $"The target {target} cannot listen on port {port}: {(await errors).Trim().Split('\n')[0]} Name another port with --port, or leave it out for free ones.");
    }

    /// <summary>Makes sure that so many peers can be made without stopping to sign tokens.</summary>
    public void Prepare(int peers)
    {
        while (_tokens.Count < peers)
        {
            _tokens.Add(Token.Issue(_key, FormattableString.Invariant($"user-{_tokens.Count}")));
        }
    }

    /// <summary>Makes a peer, which begins to connect.</summary>
    public Peer NewPeer(Poll poll, Swarm swarm, byte[] payload, bool isSubscriber)
    {
        // Users come back; nobody has more than one connection at a time, or more than one id for a message.
        var token = _tokens[_peers % _tokens.Count];
        var options = new PeerOptions(Port, isSubscriber ? "/broadcast" : "/echo", _peers++, token, payload, isSubscriber);
        return Target switch
        {
            "airlock" => new AirlockPeer(poll, swarm, options),
            "signalr" => new SignalRPeer(poll, swarm, options),
            _ => new KestrelPeer(poll, swarm, options, showsToken: Target != Airlock.Bench.Target.Reference),
        };
    }

    /// <summary>What the server takes now.</summary>
    /// <param name="collect">Whether after a full collection.</param>
    public async Task<ServerStats> ReadStatsAsync(bool collect) =>
        await _http.GetFromJsonAsync<ServerStats>($"stats?collect={(collect ? "true" : "false")}") ?? throw new BenchException($"The target {Target} does not say what it takes.");

    /// <summary>Ends it.</summary>
    public async ValueTask DisposeAsync()
    {
        Kill(_process);
        await _process.WaitForExitAsync();
        _process.Dispose();
        _http.Dispose();
    }

    private static string FindProgram()
    {
        // bin/<project>/<configuration>/: the same configuration of the project next door.
        var here = AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar);
        var program = Path.GetFullPath(Path.Combine(here, "..", "..", "EchoServer", Path.GetFileName(here), "EchoServer.dll"));
        return File.Exists(program) ? program : throw new BenchException($"{program} does not exist. Build bench/EchoServer in the same configuration, or use bench/run, which does.");
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill();
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
        {
            // It has ended by itself, or was ended before.
        }
    }
}
