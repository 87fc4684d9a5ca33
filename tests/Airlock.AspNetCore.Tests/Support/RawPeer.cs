using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Airlock.AspNetCore.Tests;

/// <summary>A TCP stream that has been upgraded by hand; what follows is up to the test, byte by byte.</summary>
internal sealed class RawPeer : IDisposable
{
    private static readonly TimeSpan _patience = Patience.Max;
    private readonly TcpClient _tcp = new();

    /// <summary>The answer to the upgrade.</summary>
    internal string Head { get; private set; } = "";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    internal static async Task<RawPeer> ConnectAsync(IPEndPoint to, string headers = "Sec-WebSocket-Protocol: airlock.v1\r\n", string path = "/chat")
    {
        var peer = new RawPeer();
        await peer._tcp.ConnectAsync(to, Cancelled);
        peer._tcp.NoDelay = true;
        await peer.SendAsync(Encoding.ASCII.GetBytes(
            $"GET {path} HTTP/1.1\r\nHost: {to}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{headers}\r\n"));
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            Assert.Equal(1, await peer.ReadAsync(one));
            head.Append((char)one[0]);
        }

        peer.Head = head.ToString();
        Assert.StartsWith("HTTP/1.1 101", peer.Head, StringComparison.Ordinal);
        return peer;
    }

    internal static byte[] Text(string text) => Frame(0x81, Encoding.UTF8.GetBytes(text));

    /// <summary>A client's frame, masked with zeros.</summary>
    internal static byte[] Frame(byte first, byte[] payload) => payload.Length < 126
        ? [first, (byte)(0x80 | payload.Length), 0, 0, 0, 0, .. payload]
        : [first, 0x80 | 126, (byte)(payload.Length >> 8), (byte)payload.Length, 0, 0, 0, 0, .. payload];

    internal async Task SendAsync(byte[] bytes) => await _tcp.GetStream().WriteAsync(bytes, Cancelled);

    /// <summary>Reads messages until one has the text.</summary>
    internal async Task<string> TextUntilAsync(string text)
    {
        while (true)
        {
            var (opcode, payload) = await FrameAsync() ?? throw new EndOfStreamException();
            if (opcode == 1 && Encoding.UTF8.GetString(payload) is var message && message.Contains(text, StringComparison.Ordinal))
            {
                return message;
            }
        }
    }

    /// <summary>Reads messages until one has the text, and tells the opcodes seen.</summary>
    internal async Task<IReadOnlyList<int>> OpcodesUntilAsync(string text)
    {
        var opcodes = new List<int>();
        while (true)
        {
            var (opcode, payload) = await FrameAsync() ?? throw new EndOfStreamException();
            opcodes.Add(opcode);
            if (Encoding.UTF8.GetString(payload).Contains(text, StringComparison.Ordinal))
            {
                return opcodes;
            }
        }
    }

    /// <summary>Reads until the next ping and answers it.</summary>
    internal async Task PongAsync()
    {
        while (true)
        {
            var (opcode, payload) = await FrameAsync() ?? throw new EndOfStreamException();
            if (opcode == 9)
            {
                await SendAsync(Frame(0x8A, payload));
                return;
            }
        }
    }

    /// <summary>Reads to the end of the stream.</summary>
    /// <returns>The code of the close frame, or null if none came.</returns>
    internal async Task<int?> CloseCodeAsync()
    {
        int? code = null;
        while (await FrameAsync() is var (opcode, payload))
        {
            if (opcode == 8)
            {
                code = BinaryPrimitives.ReadUInt16BigEndian(payload);
                await SendAsync(Frame(0x88, payload[..2]));
            }
        }

        return code;
    }

    public void Dispose() => _tcp.Dispose();

    private async Task<(int Opcode, byte[] Payload)?> FrameAsync()
    {
        var head = new byte[2];
        if (await ReadAsync(head) < 2)
        {
            return null;
        }

        var length = head[1] & 0x7F;
        if (length >= 126)
        {
            var more = new byte[length == 126 ? 2 : 8];
            await ReadAsync(more);
            length = more.Length == 2 ? BinaryPrimitives.ReadUInt16BigEndian(more) : (int)BinaryPrimitives.ReadUInt64BigEndian(more);
        }

        var payload = new byte[length];
        return await ReadAsync(payload) < length ? null : (head[0] & 0x0F, payload);
    }

    private async Task<int> ReadAsync(byte[] into)
    {
        try
        {
            return await _tcp.GetStream().ReadAtLeastAsync(into, into.Length, throwOnEndOfStream: false, Cancelled).AsTask().WaitAsync(_patience, Cancelled);
        }
        catch (IOException)
        {
            // A reset: the end, too.
            return 0;
        }
    }
}
