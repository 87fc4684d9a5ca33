using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Airlock.Core;

namespace Airlock.Hostile.Peers;

/// <summary>A client over a bare TCP stream: it can do everything right, and every byte of it can be wrong. One caller at a time, but that one may send while another reads.</summary>
internal sealed class Peer : IDisposable
{
    private const int BindAddressNoPort = 24;
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(90);
    private readonly Socket _socket;
    private readonly Queue<Frame> _frames = new();
    private byte[] _buffer = new byte[1024];
    private int _start;
    private int _end;
    private string? _cause;
    private long _sent;

    private Peer(Socket socket) => _socket = socket;

    /// <summary>What the server said about the session, once it is ready.</summary>
    public ReadyFrame? Ready { get; private set; }

    /// <summary>The highest number of the server's that was read.</summary>
    public long Received { get; private set; }

    /// <summary>A TCP connection and nothing more.</summary>
    /// <param name="to">Where to.</param>
    /// <param name="source">Which address of the loopback to come from: each has ports of its own.</param>
    /// <param name="receiveBuffer">What the system may keep of what is not read, in bytes; 0 for its default.</param>
    public static async Task<Peer> DialAsync(IPEndPoint to, int source = 0, int receiveBuffer = 0, CancellationToken stop = default)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (OperatingSystem.IsLinux())
            {
                // The port is chosen when it is known where to: then one port serves several destinations.
                socket.SetRawSocketOption(0, BindAddressNoPort, BitConverter.GetBytes(1));
            }

            socket.Bind(new IPEndPoint(new IPAddress([127, 0, 0, (byte)(1 + (source % 100))]), 0));
            if (receiveBuffer > 0)
            {
                socket.ReceiveBufferSize = receiveBuffer;
            }

            await socket.ConnectAsync(to, stop).AsTask().WaitAsync(_patience, stop);
            return new Peer(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Connects and upgrades.</summary>
    /// <exception cref="PeerEndedException">The upgrade was refused.</exception>
    public static async Task<Peer> OpenAsync(IPEndPoint to, string? token = null, int source = 0, int receiveBuffer = 0, string query = "", CancellationToken stop = default)
    {
        var peer = await DialAsync(to, source, receiveBuffer, stop);
        try
        {
            await peer.UpgradeAsync(to, token, query, stop);
            return peer;
        }
        catch
        {
            peer.Dispose();
            throw;
        }
    }

    /// <summary>Connects and walks to ready.</summary>
    public static async Task<Peer> ReadyAsync(IPEndPoint to, string token, int source = 0, int receiveBuffer = 0, CancellationToken stop = default)
    {
        var peer = await OpenAsync(to, token, source, receiveBuffer, stop: stop);
        try
        {
            await peer.SendTextAsync(Hello(), stop);
            await peer.UntilReadyAsync(stop);
            return peer;
        }
        catch
        {
            peer.Dispose();
            throw;
        }
    }

    public static string Hello(string? token = null) =>
        $$"""{"t":"hello","v":1,"client":"hostile/1","instance":"i"{{(token is null ? "" : $$""","auth":{"token":"{{token}}"}""")}}}""";

    public static string Data(long sequence, string payload, string? id = null) =>
        string.Create(CultureInfo.InvariantCulture, $$"""{"t":"data","s":{{sequence}},"id":"{{id ?? $"m{sequence}"}}","b":{{payload}}}""");

    /// <summary>A client's frame, masked with zeros.</summary>
    public static byte[] Frame(byte first, ReadOnlySpan<byte> payload)
    {
        var head = payload.Length < 126 ? 6 : payload.Length <= ushort.MaxValue ? 8 : 14;
        var frame = new byte[head + payload.Length];
        frame[0] = first;
        if (head == 6)
        {
            frame[1] = (byte)(0x80 | payload.Length);
        }
        else if (head == 8)
        {
            frame[1] = 0x80 | 126;
            BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(2), (ushort)payload.Length);
        }
        else
        {
            frame[1] = 0x80 | 127;
            BinaryPrimitives.WriteUInt64BigEndian(frame.AsSpan(2), (ulong)payload.Length);
        }

        payload.CopyTo(frame.AsSpan(head));
        return frame;
    }

    public void Dispose() => _socket.Dispose();

    /// <summary>Sends no more; what comes is still read.</summary>
    public void EndOutput() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Ends the stream with a reset.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Dispose();
    }

    /// <summary>Sends bytes as they are.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken stop = default)
    {
        while (bytes.Length > 0)
        {
            bytes = bytes[await _socket.SendAsync(bytes, stop)..];
        }
    }

    public Task SendTextAsync(string text, CancellationToken stop = default) => SendAsync(Frame(0x81, Encoding.UTF8.GetBytes(text)), stop);

    /// <summary>Says something and waits until it is said back and done.</summary>
    public async Task EchoAsync(CancellationToken stop = default)
    {
        var sequence = ++_sent;
        await SendTextAsync(string.Create(CultureInfo.InvariantCulture, $$"""{"t":"data","s":{{sequence}},"id":"m{{sequence}}","a":{{Received}},"b":"hello"}"""), stop);
        while ((await NextAsync(stop)).Re != sequence)
        {
            // An ack, a gate or a ping.
        }
    }

    /// <summary>Sends a message that is not waited for.</summary>
    public Task SayAsync(string payload, CancellationToken stop = default) => SendTextAsync(Data(++_sent, payload), stop);

    /// <summary>The next frame; pings are answered.</summary>
    /// <exception cref="PeerEndedException">The connection has ended.</exception>
    public async Task<Frame> NextAsync(CancellationToken stop = default)
    {
        while (true)
        {
            if (_frames.TryDequeue(out var frame))
            {
                if (frame.Type == FrameType.Ping)
                {
                    await SendTextAsync("""{"t":"pong"}""", stop);
                    continue;
                }

                Received = Math.Max(Received, frame.Type is FrameType.Data or FrameType.End or FrameType.Void or FrameType.Nack ? frame.Sequence : 0);
                Ready = frame.Body as ReadyFrame ?? Ready;
                _cause = (frame.Body as ClosingFrame)?.Cause ?? _cause;
                return frame;
            }

            var (opcode, payload) = await MessageAsync(stop) ?? throw new PeerEndedException(new PeerEnd(null, _cause));
            if (opcode == 8)
            {
                throw new PeerEndedException(new PeerEnd(payload.Length >= 2 ? BinaryPrimitives.ReadUInt16BigEndian(payload) : 1005, _cause));
            }

            if (opcode == 1)
            {
                Parse(payload);
            }
        }
    }

    public async Task UntilReadyAsync(CancellationToken stop = default)
    {
        while (Ready is null)
        {
            await NextAsync(stop);
        }
    }

    /// <summary>Reads to the end, and answers the close.</summary>
    public async Task<PeerEnd> EndAsync(CancellationToken stop = default)
    {
        try
        {
            while (true)
            {
                await NextAsync(stop);
            }
        }
        catch (PeerEndedException ended)
        {
            if (ended.End.Code is { } code and not 1005)
            {
                try
                {
                    await SendAsync(Frame(0x88, [(byte)(code >> 8), (byte)code]), stop);
                }
                catch (SocketException)
                {
                    // It has left without waiting for the answer.
                }
            }

            return ended.End;
        }
    }

    /// <summary>Closes as a client should, and reads to the end.</summary>
    public async Task<PeerEnd> CloseAsync(CancellationToken stop = default)
    {
        await SendAsync(Frame(0x88, [0x03, 0xE8]), stop);
        return await EndAsync(stop);
    }

    private async Task UpgradeAsync(IPEndPoint to, string? token, string query, CancellationToken stop)
    {
        var authorization = token is null ? "" : $"Authorization: Bearer {token}\r\n";
        await SendAsync(
            Encoding.ASCII.GetBytes($"GET /chat{query} HTTP/1.1\r\nHost: {to}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: airlock.v1\r\n{authorization}\r\n"),
            stop);
        int end;
        while ((end = _buffer.AsSpan(_start, _end - _start).IndexOf("\r\n\r\n"u8)) < 0)
        {
            if (!await FillAsync(stop))
            {
                throw new PeerEndedException(new PeerEnd(null, null));
            }
        }

        var head = Encoding.ASCII.GetString(_buffer, _start, end);
        _start += end + 4;
        if (!head.StartsWith("HTTP/1.1 101", StringComparison.Ordinal))
        {
            await FillAsync(stop);
            var body = Encoding.UTF8.GetString(_buffer, _start, _end - _start);
            var at = body.IndexOf("\"cause\":\"", StringComparison.Ordinal);
            throw new PeerEndedException(new PeerEnd(int.Parse(head.AsSpan(9, 3), CultureInfo.InvariantCulture), at < 0 ? null : body[(at + 9)..].Split('"')[0]));
        }
    }

    private void Parse(byte[] message)
    {
        var reader = new FrameReader(message, fromServer: true);
        while (reader.TryRead(out var frame))
        {
            _frames.Enqueue(frame);
        }

        if (reader.Error is not null)
        {
            throw new JsonException($"The server sent what is no message: {Encoding.UTF8.GetString(message)}");
        }
    }

    /// <summary>The server's next WebSocket frame; it never fragments. Null at the end of the stream.</summary>
    private async Task<(int Opcode, byte[] Payload)?> MessageAsync(CancellationToken stop)
    {
        if (!await HasAsync(2, stop))
        {
            return null;
        }

        var opcode = _buffer[_start] & 0x0F;
        long length = _buffer[_start + 1] & 0x7F;
        var head = length < 126 ? 2 : length == 126 ? 4 : 10;
        if (!await HasAsync(head, stop))
        {
            return null;
        }

        length = head == 2 ? length : head == 4 ? BinaryPrimitives.ReadUInt16BigEndian(_buffer.AsSpan(_start + 2)) : (long)BinaryPrimitives.ReadUInt64BigEndian(_buffer.AsSpan(_start + 2));
        if (!await HasAsync(head + (int)length, stop))
        {
            return null;
        }

        var payload = _buffer.AsSpan(_start + head, (int)length).ToArray();
        _start += head + (int)length;
        return (opcode, payload);
    }

    private async Task<bool> HasAsync(int count, CancellationToken stop)
    {
        while (_end - _start < count)
        {
            if (_start > 0)
            {
                _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
                (_start, _end) = (0, _end - _start);
            }

            if (_buffer.Length < count)
            {
                Array.Resize(ref _buffer, Math.Max(count, _buffer.Length * 2));
            }

            if (!await FillAsync(stop))
            {
                return false;
            }
        }

        return true;
    }

    private async Task<bool> FillAsync(CancellationToken stop)
    {
        if (_end == _buffer.Length)
        {
            Array.Resize(ref _buffer, _buffer.Length * 2);
        }

        try
        {
            var read = await _socket.ReceiveAsync(_buffer.AsMemory(_end), stop).AsTask().WaitAsync(_patience, stop);
            _end += read;
            return read > 0;
        }
        catch (SocketException)
        {
            // A reset: the end, too.
            return false;
        }
    }
}
