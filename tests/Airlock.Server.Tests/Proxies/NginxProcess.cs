using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Airlock.Server.Tests.Proxies;

/// <summary>nginx in front of a server, with a directory of its own, as whoever runs the tests.</summary>
internal sealed class NginxProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string _directory;

    private NginxProcess(Process process, string directory, Uri address) => (_process, _directory, Address) = (process, directory, address);

    /// <summary>Where nginx is; null if it is not installed.</summary>
    public static string? Program { get; } = new[] { "/usr/sbin/nginx", "/usr/bin/nginx" }.FirstOrDefault(File.Exists);

    public Uri Address { get; }

    /// <summary>Starts it and waits until it listens.</summary>
    /// <param name="upstream">The server.</param>
    /// <param name="strips">The request header that it does not pass on.</param>
    public static Task<NginxProcess> StartAsync(Uri upstream, string strips) => StartAsync(port => $$"""
        server {
          listen 127.0.0.1:{{port}};
          location / {
            proxy_pass http://{{upstream.Authority}};
            proxy_http_version 1.1;
            proxy_set_header Host $http_host;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection "upgrade";
            proxy_set_header {{strips}} "";
          }
        }
        """);

    /// <summary>Starts it and waits until it listens.</summary>
    /// <param name="site">What stands inside of http, given the port to listen on.</param>
    public static async Task<NginxProcess> StartAsync(Func<int, string> site)
    {
        var directory = Directory.CreateTempSubdirectory("airlock-nginx-").FullName;
        var port = FreePort();
        var paths = string.Join('\n', new[] { "client_body", "proxy", "fastcgi", "uwsgi", "scgi" }.Select(name => $"{name}_temp_path {directory}/{name};"));
        await File.WriteAllTextAsync(Path.Combine(directory, "nginx.conf"), $$"""
            {{(Environment.IsPrivilegedProcess ? "user root;" : "")}}
            daemon off;
            worker_processes 1;
            pid {{directory}}/nginx.pid;
            error_log {{directory}}/error.log;
            events { worker_connections 64; }
            http {
              access_log off;
              {{paths}}
              {{site(port)}}
            }
            """, TestContext.Current.CancellationToken);
        var process = Process.Start(Program!, ["-p", directory, "-c", Path.Combine(directory, "nginx.conf"), "-e", Path.Combine(directory, "error.log")]);
        var nginx = new NginxProcess(process, directory, new Uri($"ws://127.0.0.1:{port}/chat"));
        await nginx.ListensAsync(port);
        return nginx;
    }

    public async ValueTask DisposeAsync()
    {
        // With its workers, which a killed master would leave behind.
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>It tells nobody when it listens, so it is tried until it does.</summary>
    private async Task ListensAsync(int port)
    {
        for (var tries = 0; ; tries++)
        {
            try
            {
                using var socket = new TcpClient();
                await socket.ConnectAsync(IPAddress.Loopback, port, TestContext.Current.CancellationToken);
                return;
            }
            catch (SocketException) when (tries < 3000 && !_process.HasExited)
            {
                await Task.Delay(20, TestContext.Current.CancellationToken);
            }
        }
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
