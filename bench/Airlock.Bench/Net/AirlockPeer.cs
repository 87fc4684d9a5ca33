using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Airlock.Bench.Net;

/// <summary>Speaks <c>airlock.v1</c>: every message has a number and an id, every answer is checked for its number and acknowledged.</summary>
/// <remarks>Several messages at once go in one array, as the shipped clients send them; acknowledgements ride on them.</remarks>
internal sealed class AirlockPeer(Poll poll, Swarm swarm, PeerOptions options) : Peer(poll, swarm, options)
{
    private const int AckEvery = 16;
    private const int FrameBytesMax = 128;
    // What open.limits.message says, if nobody has changed it.
    private const int MessageBytesMax = 65_536;
    private readonly byte[] _id = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $",\"id\":\"{options.Number}-"));
    private byte[] _message = [];
    private long _sent;
    private long _heard;
    private long _acked;
    private string? _cause;

    /// <inheritdoc/>
    protected override string Headers => $"Sec-WebSocket-Protocol: airlock.v1\r\nAuthorization: Bearer {Options.Token}\r\n";

    /// <inheritdoc/>
    protected override string? Cause => _cause;

    /// <inheritdoc/>
    protected override void OnUpgraded()
    {
        WriteMessage("""{"t":"hello","v":1,"client":"airlock-bench","instance":"one","sent":["authorization"]}"""u8);
        Flush();
    }

    /// <inheritdoc/>
    protected override int OnMessage(ReadOnlySpan<byte> message)
    {
        if (!IsReady && (!Options.IsSubscriber || _sent == 0))
        {
            OnStart(message);
            return 0;
        }

        var answers = 0;
        // Behind each frame stand its brace and a comma, or the array's bracket.
        for (var at = message[0] == (byte)'[' ? 1 : 0; at < message.Length; at += 2)
        {
            at += OnFrame(message[at..], ref answers);
        }

        if (Options.IsSubscriber && _heard - _acked >= AckEvery)
        {
            WriteAck();
        }

        return answers;
    }

    /// <inheritdoc/>
    protected override void Write(int count)
    {
        var size = Options.Payload.Length + FrameBytesMax;
        for (var most = MessageBytesMax / size; count > most; count -= most)
        {
            WriteData(most, size);
        }

        WriteData(count, size);
    }

    private void WriteData(int count, int size)
    {
        if (_message.Length < size * count)
        {
            _message = new byte[size * count];
        }

        var writer = new Text(_message);
        for (var i = 0; i < count; i++)
        {
            writer.Append(i > 0 ? ","u8 : count > 1 ? "["u8 : default);
            writer.Append("{\"t\":\"data\",\"s\":"u8);
            writer.Append(++_sent);
            writer.Append(_id);
            writer.Append(_sent);
            writer.Append("\""u8);
            if (_heard > _acked)
            {
                writer.Append(",\"a\":"u8);
                writer.Append(_acked = _heard);
            }

            writer.Append(",\"b\":\""u8);
            writer.Append(Options.Payload);
            writer.Append("\"}"u8);
        }

        writer.Append(count > 1 ? "]"u8 : default);
        WriteMessage(writer.Written);
    }

    /// <inheritdoc/>
    protected override void WriteFarewell()
    {
        if (IsReady)
        {
            // Only a session whose last frame is acknowledged ends with bye.
            WriteMessage(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"[{{\"t\":\"ack\",\"a\":{_heard}}},{{\"t\":\"bye\"}}]")));
        }
    }

    private void OnStart(ReadOnlySpan<byte> message)
    {
        if (message.IndexOf("{\"t\":\"ready\""u8) >= 0)
        {
            if (Options.IsSubscriber)
            {
                Send(1);
            }
            else
            {
                BeReady();
            }
        }
        else if (message.IndexOf("{\"t\":\"closing\""u8) >= 0)
        {
            NoteCause(message);
        }
    }

    /// <summary>Handles the frame that stands first; returns where its last brace is.</summary>
    private int OnFrame(ReadOnlySpan<byte> frames, ref int answers)
    {
        if (frames.StartsWith("{\"t\":\"data\",\"s\":"u8))
        {
            var start = frames.IndexOf("\"b\":\""u8) + 5;
            Check(Utf8Parser.TryParse(frames[16..], out long number, out _) && number == _heard + 1, frames);
            Check(start > 5 && frames[start..].StartsWith(Options.Payload), frames);
            _heard = number;
            if (IsReady)
            {
                answers++;
            }
            else
            {
                BeReady();
            }

            return start + Options.Payload.Length + 1;
        }

        if (frames.StartsWith("{\"t\":\"ping\""u8))
        {
            WriteMessage("""{"t":"pong"}"""u8);
            Flush();
        }
        else if (frames.StartsWith("{\"t\":\"closing\""u8))
        {
            NoteCause(frames);
            return frames.Length;
        }
        else
        {
            Check(frames.StartsWith("{\"t\":\"ack\""u8), frames);
        }

        return frames.IndexOf((byte)'}');
    }

    private void NoteCause(ReadOnlySpan<byte> closing)
    {
        const string Name = "\"cause\":\"";
        var text = Encoding.UTF8.GetString(closing);
        var start = text.IndexOf(Name, StringComparison.Ordinal) + Name.Length;
        _cause = text[start..text.IndexOf('"', start)];
    }

    private void WriteAck()
    {
        Span<byte> message = stackalloc byte[64];
        var writer = new Text(message);
        writer.Append("{\"t\":\"ack\",\"a\":"u8);
        writer.Append(_acked = _heard);
        writer.Append("}"u8);
        WriteMessage(writer.Written);
        Flush();
    }

    private static void Check(bool isGood, ReadOnlySpan<byte> frames)
    {
        if (!isGood)
        {
            throw new BenchException($"Airlock sent what was not expected: {Encoding.UTF8.GetString(frames[..Math.Min(300, frames.Length)])}");
        }
    }

    private ref struct Text(Span<byte> bytes)
    {
        private readonly Span<byte> _bytes = bytes;
        private int _length;

        public readonly ReadOnlySpan<byte> Written => _bytes[.._length];

        public void Append(ReadOnlySpan<byte> text)
        {
            text.CopyTo(_bytes[_length..]);
            _length += text.Length;
        }

        public void Append(long number)
        {
            Utf8Formatter.TryFormat(number, _bytes[_length..], out var written);
            _length += written;
        }
    }
}
