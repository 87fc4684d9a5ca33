using System.Net;
using System.Net.Sockets;

namespace Airlock.Lab.Wire;

/// <summary>A proxy of Debian as a process of its own, with a configuration and a directory of its own.</summary>
internal sealed class Intermediary : IAsyncDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);
    private readonly DirectoryInfo _directory;
    private ChildProcess? _process;

    private Intermediary(DirectoryInfo directory) => _directory = directory;

    /// <summary>Where nginx is; null if it is not installed.</summary>
    public static string? NginxProgram { get; } = Find("nginx");

    /// <summary>Where haproxy is; null if it is not installed.</summary>
    public static string? HaproxyProgram { get; } = Find("haproxy");

    /// <summary>Where it listens.</summary>
    public int Port { get; private set; }

    /// <summary>Starts nginx in front of one server.</summary>
    /// <param name="upstream">The server's port.</param>
    /// <param name="directives">What it does besides passing WebSockets on, as nginx writes it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static Task<Intermediary> StartNginxAsync(int upstream, string directives, CancellationToken cancellationToken) => StartAsync("nginx", NginxProgram!, (folder, port) => $$"""
        daemon off;
        {{(Environment.UserName == "root" ? "user root;" : "")}}
        worker_processes 1;
        worker_rlimit_nofile 16384;
        pid {{folder}}/nginx.pid;
        error_log {{folder}}/error.log;
        events { worker_connections 8192; }
        http {
          access_log off;
          client_body_temp_path {{folder}}/body; proxy_temp_path {{folder}}/proxy; fastcgi_temp_path {{folder}}/fastcgi; uwsgi_temp_path {{folder}}/uwsgi; scgi_temp_path {{folder}}/scgi;
          server {
            listen 127.0.0.1:{{port}} backlog=4096;
            location / {
              proxy_pass http://127.0.0.1:{{upstream}};
              proxy_http_version 1.1;
              proxy_set_header Host $http_host;
              proxy_set_header Upgrade $http_upgrade;
              proxy_set_header Connection "upgrade";
              {{directives}}
            }
          }
        }
        """, static (folder, file) => ["-p", folder, "-c", file, "-e", Path.Combine(folder, "error.log")], cancellationToken);

    /// <summary>Starts haproxy in front of some servers, between which a cookie keeps affinity.</summary>
    /// <param name="upstreams">The servers' ports; one where nobody listens yet is used once somebody does.</param>
    /// <param name="directives">What the front does besides, as haproxy writes it.</param>
    /// <param name="tunnelTimeout">How long a connection may be silent.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static Task<Intermediary> StartHaproxyAsync(IEnumerable<int> upstreams, string directives, TimeSpan tunnelTimeout, CancellationToken cancellationToken) => StartAsync("haproxy", HaproxyProgram!, (_, port) => $"""
        global
          maxconn 256
        defaults
          mode http
          timeout connect 5s
          timeout client 60s
          timeout server 60s
          timeout tunnel {(int)tunnelTimeout.TotalMilliseconds}ms
          retries 3
          option redispatch
        frontend front
          bind 127.0.0.1:{port}
          {directives}
          default_backend hosts
        backend hosts
          balance leastconn
          cookie HOST insert indirect nocache
        {string.Join('\n', upstreams.Select(static (upstream, i) => $"  server h{i + 1} 127.0.0.1:{upstream} cookie h{i + 1} check inter 100ms rise 1 fall 1"))}

        """, static (_, file) => ["-db", "-f", file], cancellationToken);

    /// <summary>Ends it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }

        _directory.Delete(recursive: true);
    }

    private static async Task<Intermediary> StartAsync(string name, string program, Func<string, int, string> configure, Func<string, string, IEnumerable<string>> arguments, CancellationToken cancellationToken)
    {
        var intermediary = new Intermediary(Directory.CreateTempSubdirectory($"airlock-lab-{name}-"));
        var folder = intermediary._directory.FullName;
        var file = Path.Combine(folder, $"{name}.conf");
        try
        {
            // Another program may take the port between asking and using.
            for (var tries = 1; ; tries++)
            {
                var port = FreePort.Take();
                await File.WriteAllTextAsync(file, configure(folder, port), cancellationToken);
                intermediary.Port = port;
                intermediary._process = ChildProcess.Start(name, program, arguments(folder, file));
                if (await AnswersAsync(port, intermediary._process, cancellationToken))
                {
                    return intermediary;
                }

                var words = intermediary._process.LastWords;
                await intermediary._process.DisposeAsync();
                if (tries == 3)
                {
                    throw new WireException($"{name} does not start: {words}");
                }
            }
        }
        catch
        {
            await intermediary.DisposeAsync();
            throw;
        }
    }

    // It tells nobody when it listens, so it is asked until it does.
    private static async Task<bool> AnswersAsync(int port, ChildProcess process, CancellationToken cancellationToken)
    {
        for (var start = TimeProvider.System.GetTimestamp(); !process.HasExited && TimeProvider.System.GetElapsedTime(start) < _patience;)
        {
            try
            {
                using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), cancellationToken);
                return true;
            }
            catch (SocketException)
            {
                await Task.Delay(20, cancellationToken);
            }
        }

        return false;
    }

    private static string? Find(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/sbin").Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
}
