using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Airlock.Core;

/// <summary>Writes frames into one WebSocket message: one object, or a flat array if there are several.</summary>
/// <remarks>Not safe for concurrent use. Call <see cref="Begin"/>, write frames, then <see cref="Finish"/>.</remarks>
public sealed class FrameWriter : IDisposable
{
    /// <summary>More than a frame's own text ever takes: names, and seven numbers of at most 20 digits.</summary>
    private const int PlainBytesMax = 256;

    private readonly ArrayBufferWriter<byte> _buffer;
    private readonly Utf8JsonWriter _json;

    /// <summary>Makes a writer with a buffer of its own.</summary>
    /// <param name="initialCapacity">Bytes to start with.</param>
    public FrameWriter(int initialCapacity = 512)
    {
        _buffer = new ArrayBufferWriter<byte>(initialCapacity);
        // What is written here is ours and well formed; payloads were checked when they were read.
        _json = new Utf8JsonWriter(_buffer, new JsonWriterOptions { SkipValidation = true });
    }

    /// <summary>How many frames the message holds so far.</summary>
    public int Frames { get; private set; }

    /// <summary>How many bytes the message holds so far.</summary>
    public int Bytes => _buffer.WrittenCount;

    /// <summary>Starts a message; what <see cref="Finish"/> returned before is no longer valid.</summary>
    public void Begin()
    {
        _buffer.ResetWrittenCount();
        Frames = 0;
    }

    /// <summary>The message. Valid until the next <see cref="Begin"/>.</summary>
    public ReadOnlyMemory<byte> Finish()
    {
        if (Frames <= 1)
        {
            return _buffer.WrittenMemory[(_buffer.WrittenCount > 0 ? 1 : 0)..];
        }

        _buffer.Write("]"u8);
        return _buffer.WrittenMemory;
    }

    /// <summary>How many bytes the buffer takes, so that a pool can let go of a large one.</summary>
    public int Capacity => _buffer.Capacity;

    /// <summary>Writes <c>open</c>.</summary>
    /// <param name="frame">Its fields.</param>
    public void Write(OpenFrame frame) => Write("open"u8, frame, WireJson.Default.OpenFrame);

    /// <summary>Writes <c>hello</c>.</summary>
    /// <param name="frame">Its fields.</param>
    public void Write(HelloFrame frame) => Write("hello"u8, frame, WireJson.Default.HelloFrame);

    /// <summary>Writes <c>authed</c>.</summary>
    /// <param name="frame">Its fields.</param>
    public void Write(AuthedFrame frame) => Write("authed"u8, frame, WireJson.Default.AuthedFrame);

    /// <summary>Writes <c>gate</c>.</summary>
    /// <param name="frame">Its fields.</param>
    public void Write(GateFrame frame) => Write("gate"u8, frame, WireJson.Default.GateFrame);

    /// <summary>Writes <c>ready</c>.</summary>
    /// <param name="frame">Its fields.</param>
    public void Write(ReadyFrame frame) => Write("ready"u8, frame, WireJson.Default.ReadyFrame);

    /// <summary>Writes <c>drain</c>.</summary>
    /// <param name="frame">Its fields.</param>
    public void Write(DrainFrame frame) => Write("drain"u8, frame, WireJson.Default.DrainFrame);

    /// <summary>Writes <c>refresh</c>.</summary>
    /// <param name="frame">Its fields.</param>
    public void Write(RefreshFrame frame) => Write("refresh"u8, frame, WireJson.Default.RefreshFrame);

    /// <summary>Writes <c>closing</c>.</summary>
    /// <param name="frame">Its fields.</param>
    public void Write(ClosingFrame frame) => Write("closing"u8, frame, WireJson.Default.ClosingFrame);

    /// <summary>Writes a server's numbered frame.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="acked"><c>a</c>, or null to leave it out.</param>
    /// <param name="done"><c>d</c>, or null to leave it out.</param>
    public void Write(OutboxEntry entry, long? acked = null, long? done = null)
    {
        if (entry.Cause is null && entry.Status is null)
        {
            // Nothing in it has to be escaped.
            WritePlain(entry, acked, done);
            return;
        }

        Start("nack"u8);
        _json.WriteNumber("s"u8, entry.Sequence);
        WriteIf("re"u8, entry.Re);
        WriteIf("cause"u8, entry.Cause);
        WriteIf("status"u8, entry.Status);
        WritePositions(acked, done);
        End();
    }

    /// <summary>Writes a client's <c>data</c>.</summary>
    /// <param name="sequence">Its number.</param>
    /// <param name="id">Its idempotency key.</param>
    /// <param name="payload">One JSON value as UTF-8.</param>
    /// <param name="acked"><c>a</c>, or null to leave it out.</param>
    /// <param name="traceParent"><c>traceparent</c> (<see cref="TraceParent"/>), or null to leave it out.</param>
    public void WriteData(long sequence, string id, ReadOnlySpan<byte> payload, long? acked = null, string? traceParent = null)
    {
        Start("data"u8);
        _json.WriteNumber("s"u8, sequence);
        _json.WriteString("id"u8, id);
        WritePositions(acked, null);
        WriteIf("traceparent"u8, traceParent);
        WritePayload(payload);
        End();
    }

    /// <summary>Writes <c>ack</c>.</summary>
    /// <param name="acked"><c>a</c>.</param>
    /// <param name="done"><c>d</c>; null for a client.</param>
    public void WriteAck(long acked, long? done = null)
    {
        Separate();
        var text = new PlainText(_buffer.GetSpan(PlainBytesMax));
        text.Add("{\"t\":\"ack\""u8);
        text.AddIf(",\"a\":"u8, acked);
        text.AddIf(",\"d\":"u8, done);
        text.Add("}"u8);
        _buffer.Advance(text.Length);
    }

    /// <summary>Writes <c>stop</c>.</summary>
    /// <param name="sequence">The message to stop.</param>
    public void WriteStop(long sequence)
    {
        Start("stop"u8);
        _json.WriteNumber("s"u8, sequence);
        End();
    }

    /// <summary>Writes a frame that has no fields.</summary>
    /// <param name="type"><see cref="FrameType.Ping"/>, <see cref="FrameType.Pong"/> or <see cref="FrameType.Bye"/>.</param>
    public void Write(FrameType type)
    {
        Start(type switch
        {
            FrameType.Ping => "ping"u8,
            FrameType.Pong => "pong"u8,
            FrameType.Bye => "bye"u8,
            _ => throw new ArgumentOutOfRangeException(nameof(type), type, "This frame has fields; use its own method."),
        });
        End();
    }

    /// <inheritdoc/>
    public void Dispose() => _json.Dispose();

    private void WritePlain(OutboxEntry entry, long? acked, long? done)
    {
        Separate();
        var text = new PlainText(_buffer.GetSpan(PlainBytesMax + entry.Payload.Length));
        text.Add(entry.Kind switch
        {
            EntryKind.Data => "{\"t\":\"data\",\"s\":"u8,
            EntryKind.End => "{\"t\":\"end\",\"s\":"u8,
            EntryKind.Void => "{\"t\":\"void\",\"s\":"u8,
            EntryKind.Gap => "{\"t\":\"gap\",\"s\":"u8,
            _ => "{\"t\":\"nack\",\"s\":"u8,
        });
        text.Add(entry.Sequence);
        text.AddIf(",\"missed\":"u8, entry.Missed == 0 ? null : entry.Missed);
        text.AddIf(",\"re\":"u8, entry.Re == 0 ? null : entry.Re);
        text.AddIf(",\"try\":"u8, entry.Try == 0 ? null : entry.Try);
        text.Add(entry.Provisional ? ",\"p\":true"u8 : default);
        text.Add(entry.Stopped ? ",\"stopped\":true"u8 : default);
        text.AddIf(",\"a\":"u8, acked);
        text.AddIf(",\"d\":"u8, done);
        if (entry.Kind == EntryKind.Data)
        {
            text.Add(",\"b\":"u8);
            text.Add(entry.Payload.Span);
        }

        text.Add("}"u8);
        _buffer.Advance(text.Length);
    }

    private void Write<T>(ReadOnlySpan<byte> type, T body, JsonTypeInfo<T> info)
    {
        Separate();
        _buffer.Write("{\"t\":\""u8);
        _buffer.Write(type);
        _buffer.Write("\","u8);
        // Every such record has a field that is always written, so "{" is followed by one.
        _buffer.Write(JsonSerializer.SerializeToUtf8Bytes(body, info).AsSpan(1));
    }

    private void Start(ReadOnlySpan<byte> type)
    {
        Separate();
        _json.Reset(_buffer);
        _json.WriteStartObject();
        _json.WriteString("t"u8, type);
    }

    private void End()
    {
        _json.WriteEndObject();
        _json.Flush();
    }

    private void WritePositions(long? acked, long? done)
    {
        if (acked is { } a)
        {
            _json.WriteNumber("a"u8, a);
        }

        if (done is { } d)
        {
            _json.WriteNumber("d"u8, d);
        }
    }

    private void WritePayload(ReadOnlySpan<byte> payload)
    {
        _json.WritePropertyName("b"u8);
        _json.WriteRawValue(payload, skipInputValidation: true);
    }

    private void WriteIf(ReadOnlySpan<byte> name, long value)
    {
        if (value != 0)
        {
            _json.WriteNumber(name, value);
        }
    }

    private void WriteIf(ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null)
        {
            _json.WriteString(name, value);
        }
    }

    /// <summary>A message starts as an array; <see cref="Finish"/> cuts the bracket off if one frame came of it.</summary>
    private void Separate() => _buffer.Write(Frames++ == 0 ? "["u8 : ","u8);

    /// <summary>Text and numbers, one after another.</summary>
    private ref struct PlainText(Span<byte> bytes)
    {
        private readonly Span<byte> _bytes = bytes;

        internal int Length { get; private set; }

        internal void Add(ReadOnlySpan<byte> text)
        {
            text.CopyTo(_bytes[Length..]);
            Length += text.Length;
        }

        internal void Add(long number)
        {
            Utf8Formatter.TryFormat(number, _bytes[Length..], out var written);
            Length += written;
        }

        internal void AddIf(ReadOnlySpan<byte> name, long? number)
        {
            if (number is { } value)
            {
                Add(name);
                Add(value);
            }
        }
    }
}
