using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Airlock.Client.Tests.Reference;

/// <summary>Something that listens on a port and answers what it is told to, byte by byte: what stands where an Airlock should.</summary>
internal sealed class RawServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly Task _accepting;
    private int _requests;

    /// <param name="answer">Is given the request's head and where to write; behind it the connection is closed.</param>
    public RawServer(Func<string, Stream, CancellationToken, Task> answer)
    {
        _listener.Start();
        _accepting = AcceptAsync(answer);
    }

    public Uri Address => new($"ws://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/chat");

    public Uri SecureAddress => new(Address.AbsoluteUri.Replace("ws:", "wss:", StringComparison.Ordinal));

    public int Requests => _requests;

    /// <summary>The good answer to an upgrade.</summary>
    /// <param name="head">The request's head.</param>
    /// <param name="subProtocol">What is selected, or null.</param>
    public static byte[] Upgrade(string head, string? subProtocol = "airlock.v1")
    {
        var key = head.Split("\r\n").Single(static line => line.StartsWith("Sec-WebSocket-Key:", StringComparison.OrdinalIgnoreCase))[18..].Trim();
#pragma warning disable CA5350 // RFC 6455 §4.2.2 says SHA-1.
        var accept = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350
        return Encoding.ASCII.GetBytes($"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n{(subProtocol is null ? "" : $"Sec-WebSocket-Protocol: {subProtocol}\r\n")}\r\n");
    }

    /// <summary>An unmasked frame of RFC 6455.</summary>
    public static byte[] Frame(int first, string text) => [(byte)first, (byte)text.Length, .. Encoding.UTF8.GetBytes(text)];

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _end.Dispose();
    }

    private async Task AcceptAsync(Func<string, Stream, CancellationToken, Task> answer)
    {
        var serving = new List<Task>();
        try
        {
            while (true)
            {
                serving.Add(ServeAsync(await _listener.AcceptSocketAsync(_end.Token), answer));
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
            await Task.WhenAll(serving);
        }
    }

    private async Task ServeAsync(Socket socket, Func<string, Stream, CancellationToken, Task> answer)
    {
        using (socket)
        {
            await using var stream = new NetworkStream(socket);
            try
            {
                var head = new StringBuilder();
                var buffer = new byte[4096];
                // The hello of TLS has no end that this would know.
                while (!head.ToString().Contains("\r\n\r\n", StringComparison.Ordinal) && (head.Length == 0 || head[0] != '\u0016'))
                {
                    var count = await stream.ReadAsync(buffer, _end.Token);
                    if (count == 0)
                    {
                        return;
                    }

                    head.Append(Encoding.Latin1.GetString(buffer, 0, count));
                }

                Interlocked.Increment(ref _requests);
                await answer(head.ToString(), stream, _end.Token);
            }
            catch (Exception lost) when (lost is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // The client has gone.
            }
        }
    }
}
