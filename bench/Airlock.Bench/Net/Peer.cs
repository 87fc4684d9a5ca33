using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Airlock.Bench.Net;

/// <summary>One WebSocket client of the generator: as little code as a correct one can have, so that the server is what is measured.</summary>
/// <remarks>All peers of a poll run on its thread.</remarks>
internal abstract class Peer
{
    private static readonly byte[] _mask = [0x37, 0xfa, 0x21, 0x3d];
    private readonly Poll _poll;
    private readonly Swarm _swarm;
    private readonly int _socket;
    private readonly List<byte> _fragments = [];
    private byte[] _rest = [];
    private byte[] _unsent = [];
    private bool _isConnected;
    private bool _isUpgraded;
    private bool _isLeaving;

    protected Peer(Poll poll, Swarm swarm, PeerOptions options)
    {
        _poll = poll;
        _swarm = swarm;
        Options = options;
        _socket = Libc.Connect((2 << 8) + (options.Number / 4000 % 200), options.Port);
        poll.Add(this, _socket);
    }

    /// <summary>How it was made.</summary>
    protected PeerOptions Options { get; }

    /// <summary>Whether messages are handled by now.</summary>
    public bool IsReady { get; private set; }

    /// <summary>Whether its connection has ended.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>What still waits for its turn to be sent; frames are appended and go out with <see cref="Flush"/>.</summary>
    protected FrameBuffer Output { get; } = new();

    /// <summary>The request's headers besides those every WebSocket has.</summary>
    protected abstract string Headers { get; }

    /// <summary>The upgrade was accepted.</summary>
    protected abstract void OnUpgraded();

    /// <summary>A message arrived.</summary>
    /// <returns>How many answers of the application were in it.</returns>
    protected abstract int OnMessage(ReadOnlySpan<byte> message);

    /// <summary>Queues messages of the application.</summary>
    protected abstract void Write(int count);

    /// <summary>Queues what a client of this protocol says before it closes.</summary>
    protected virtual void WriteFarewell()
    {
    }

    /// <summary>Why the server closes, as the protocol tells; null if it has not.</summary>
    protected virtual string? Cause => null;

    /// <summary>Sends what this protocol's clients send now and then so as not to be taken for dead.</summary>
    public virtual void Beat()
    {
    }

    /// <summary>Sends messages of the application.</summary>
    public void Send(int count)
    {
        Write(count);
        Flush();
    }

    /// <summary>Ends the connection as its protocol wants it; the server's answer makes it closed.</summary>
    public void Leave()
    {
        if (!IsClosed && !_isLeaving)
        {
            _isLeaving = true;
            WriteFarewell();
            WriteClose();
            Flush();
        }
    }

    /// <summary>Its socket is ready.</summary>
    public void GoOn()
    {
        if (!_isConnected)
        {
            _isConnected = true;
            _poll.Watch(_socket, forRoom: false);
            Output.Append(Encoding.ASCII.GetBytes(
                $"GET {Options.Path} HTTP/1.1\r\nHost: 127.0.0.1:{Options.Port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{Headers}\r\n"));
            Flush();
            return;
        }

        if (_unsent.Length > 0)
        {
            Flush();
        }

        Receive();
    }

    /// <summary>It is ready.</summary>
    protected void BeReady()
    {
        IsReady = true;
        _swarm.OnReady();
    }

    /// <summary>Queues one text message.</summary>
    protected void WriteMessage(ReadOnlySpan<byte> message) => Output.AppendFrame(0x81, message, _mask);

    /// <summary>Sends what is queued.</summary>
    protected void Flush()
    {
        if (IsClosed)
        {
            return;
        }

        var isLate = _unsent.Length > 0;
        var bytes = isLate ? [.. _unsent, .. Output.Written] : Output.Written;
        var sent = Libc.Send(_socket, bytes);
        if (sent < 0)
        {
            End("the connection was lost while sending");
            return;
        }

        _unsent = sent < bytes.Length ? bytes[sent..].ToArray() : [];
        Output.Clear();
        if (isLate != _unsent.Length > 0)
        {
            _poll.Watch(_socket, forRoom: !isLate);
        }
    }

    private void WriteClose()
    {
        Span<byte> code = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(code, 1000);
        Output.AppendFrame(0x88, code, _mask);
    }

    private void Receive()
    {
        var buffer = _poll.Received;
        _rest.CopyTo(buffer, 0);
        var received = Libc.Receive(_socket, buffer.AsSpan(_rest.Length));
        if (received < 0)
        {
            return;
        }

        if (received == 0)
        {
            End(_isLeaving ? null : "the connection was lost");
            return;
        }

        var bytes = buffer.AsSpan(0, _rest.Length + received);
        var used = _isUpgraded ? 0 : Upgrade(bytes);
        var answers = 0;
        while (!IsClosed && _isUpgraded && FrameLength(bytes[used..], out var header) is var length && length > 0)
        {
            answers += OnFrame(bytes[used], bytes.Slice(used + header, length - header));
            used += length;
        }

        if (IsClosed)
        {
            return;
        }

        _rest = used == bytes.Length ? [] : bytes[used..].ToArray();
        if (answers > 0)
        {
            _swarm.OnAnswers(this, answers);
        }
    }

    private int Upgrade(Span<byte> bytes)
    {
        var end = bytes.IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            return 0;
        }

        if (!bytes.StartsWith("HTTP/1.1 101 "u8))
        {
            throw new BenchException($"The server refuses a connection to {Options.Path}: {Encoding.ASCII.GetString(bytes[..bytes.IndexOf("\r\n"u8)])}.");
        }

        _isUpgraded = true;
        OnUpgraded();
        return end + 4;
    }

    /// <summary>The length of the frame that stands first, or 0 if it is not whole.</summary>
    private static int FrameLength(ReadOnlySpan<byte> bytes, out int header)
    {
        header = 2;
        if (bytes.Length < 2)
        {
            return 0;
        }

        var length = (int)bytes[1];
        if (length == 126)
        {
            header = 4;
            length = bytes.Length < 4 ? int.MaxValue - 4 : BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]);
        }
        else if (length == 127)
        {
            header = 10;
            length = bytes.Length < 10 ? int.MaxValue - 10 : (int)BinaryPrimitives.ReadUInt64BigEndian(bytes[2..]);
        }

        return header + length <= bytes.Length ? header + length : 0;
    }

    private int OnFrame(byte first, ReadOnlySpan<byte> payload)
    {
        switch (first)
        {
            case 0x81:
                return OnMessage(payload);
            case 0x01 or 0x00:
                _fragments.AddRange(payload);
                return 0;
            case 0x80:
                _fragments.AddRange(payload);
                var answers = OnMessage(CollectionsMarshal.AsSpan(_fragments));
                _fragments.Clear();
                return answers;
            case 0x88:
                var code = payload.Length >= 2 ? BinaryPrimitives.ReadUInt16BigEndian(payload) : 1005;
                End(_isLeaving ? null : Cause ?? (code is 1005 or 1006 or 1011 ? $"unknown ({code})" : $"close code {code} {Encoding.UTF8.GetString(payload[2..])}"));
                return 0;
            case 0x89:
                Output.AppendFrame(0x8a, payload, _mask);
                Flush();
                return 0;
            case 0x8a:
                return 0;
            default:
                throw new BenchException($"The server sent a frame that starts with 0x{first:x2}, which this client does not know.");
        }
    }

    private void End(string? cause)
    {
        IsClosed = true;
        _poll.Close(_socket);
        _swarm.OnClosed(cause);
    }
}
