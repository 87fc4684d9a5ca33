using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Airlock.Lab.Tests;

/// <summary>An intermediary that takes headers out of each request's head and passes on everything else, as the incident's load balancer did.</summary>
internal sealed class StrippingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Uri _target;
    private readonly string[] _strips;
    private readonly List<Task> _connections = [];
    private readonly Task _accepting;

    public StrippingProxy(Uri target, params string[] strips)
    {
        (_target, _strips) = (target, strips);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public Uri Address => new UriBuilder(_target) { Port = ((IPEndPoint)_listener.LocalEndpoint).Port }.Uri;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_connections);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _connections.Add(PassAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
            }
        }
        catch (OperationCanceledException)
        {
            // Disposed.
        }
    }

    private async Task PassAsync(TcpClient client)
    {
        using (client)
        using (var server = new TcpClient())
        {
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, _target.Port, _stop.Token);
                var (up, down) = (client.GetStream(), server.GetStream());
                await down.WriteAsync(await ReadHeadAsync(up), _stop.Token);
                await Task.WhenAny(up.CopyToAsync(down, _stop.Token), down.CopyToAsync(up, _stop.Token));
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
            {
                // One side has gone; so does the other.
            }
        }
    }

    private async Task<byte[]> ReadHeadAsync(NetworkStream stream)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            await stream.ReadExactlyAsync(one, _stop.Token);
            head.Append((char)one[0]);
        }

        var kept = head.ToString().Split("\r\n").Where(line => !_strips.Any(name => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase)));
        return Encoding.Latin1.GetBytes(string.Join("\r\n", kept));
    }
}
