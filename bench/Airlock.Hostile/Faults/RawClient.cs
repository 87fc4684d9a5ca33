using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Airlock.Hostile.Faults;

/// <summary>A client whose every byte the injector writes.</summary>
internal sealed class RawClient : IDisposable
{
    private readonly TcpClient _tcp = new();
    private NetworkStream _stream = null!;

    /// <summary>The connection's id, from <c>open</c>.</summary>
    public string Connection { get; private set; } = "";

    /// <summary>The session's id, from <c>ready</c>.</summary>
    public string Session { get; private set; } = "";

    /// <summary>A client's frame, masked with zeros.</summary>
    public static byte[] Frame(int first, params byte[] payload)
    {
        byte[] length = payload.Length < 126 ? [(byte)(0x80 | payload.Length)]
            : payload.Length < 65_536 ? [0xFE, (byte)(payload.Length >> 8), (byte)payload.Length]
            : [0xFF, 0, 0, 0, 0, (byte)(payload.Length >> 24), (byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length];
        return [(byte)first, .. length, 0, 0, 0, 0, .. payload];
    }

    public static byte[] Close(int code, params byte[] reason) => Frame(0x88, [(byte)(code >> 8), (byte)code, .. reason]);

    /// <summary>Connects and reads <c>open</c>; with a hello, walks to <c>ready</c>.</summary>
    public static async Task<RawClient> OpenAsync(int port, string path, string token, bool saysHello = true, string resume = "null")
    {
        var client = new RawClient();
        try
        {
            await client._tcp.ConnectAsync(IPAddress.Loopback, port);
            client._tcp.NoDelay = true;
            client._stream = client._tcp.GetStream();
            var head = await client.AskAsync($"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: airlock.v1\r\nAuthorization: Bearer {token}\r\n\r\n");
            if (!head.StartsWith("HTTP/1.1 101", StringComparison.Ordinal))
            {
                throw new IOException(head);
            }

            client.Connection = (string)(await client.UntilAsync("open"))["connection"]!;
            if (saysHello)
            {
                await client.SendAsync(Frame(0x81, Encoding.UTF8.GetBytes($$"""{"t":"hello","v":1,"client":"faults/1","instance":"i","resume":{{resume}}}""")));
                client.Session = (string)(await client.UntilAsync("ready"))["session"]!;
            }

            return client;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>Asks for an upgrade and gives the first line of the answer.</summary>
    public static async Task<string> StatusAsync(int port, string path)
    {
        using var client = new RawClient();
        await client._tcp.ConnectAsync(IPAddress.Loopback, port);
        client._stream = client._tcp.GetStream();
        return (await client.AskAsync($"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: airlock.v1\r\n\r\n")).Split('\r')[0];
    }

    public async Task SendAsync(byte[] bytes) => await _stream.WriteAsync(bytes);

    /// <summary>Reads to the end of the stream, and lets its own end go.</summary>
    public async Task DrainAsync()
    {
        try
        {
            while (await FrameAsync() is not null)
            {
            }

            _tcp.Client.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            // A reset is an end, too.
        }
    }

    public void Dispose() => _tcp.Dispose();

    private async Task<string> AskAsync(string request)
    {
        await SendAsync(Encoding.ASCII.GetBytes(request));
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            await _stream.ReadExactlyAsync(one);
            head.Append((char)one[0]);
        }

        return head.ToString();
    }

    private async Task<JsonNode> UntilAsync(string type)
    {
        while (true)
        {
            var frame = await FrameAsync() ?? throw new IOException($"The connection ended before {type}.");
            var node = JsonNode.Parse(frame)!;
            foreach (var one in node is JsonArray several ? several.ToArray() : [node])
            {
                if ((string)one!["t"]! == type)
                {
                    return one;
                }
            }
        }
    }

    /// <summary>The next message's payload; null at a close or the end.</summary>
    private async Task<byte[]?> FrameAsync()
    {
        var head = new byte[2];
        if (await _stream.ReadAtLeastAsync(head, 2, throwOnEndOfStream: false) < 2)
        {
            return null;
        }

        var length = head[1] & 0x7F;
        if (length == 126)
        {
            var more = new byte[2];
            await _stream.ReadExactlyAsync(more);
            length = BinaryPrimitives.ReadUInt16BigEndian(more);
        }

        var payload = new byte[length];
        await _stream.ReadExactlyAsync(payload);
        return (head[0] & 0x0F) == 8 ? null : payload;
    }
}
