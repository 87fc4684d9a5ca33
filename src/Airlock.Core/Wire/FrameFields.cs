using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Airlock.Core;

/// <summary>The fields of one frame in any order. Its type says which of them count; the others are unknown to it and ignored, right or wrong.</summary>
internal struct FrameFields
{
    [Flags]
    private enum Field
    {
        None = 0, T = 1, S = 2, A = 4, D = 8, Re = 16, Try = 32, P = 64, Stopped = 128, Id = 256, Cause = 512, Status = 1024, B = 2048, TraceParent = 4096,
        Missed = 8192,
    }

    private Field _seen;
    private Field _wrong;
    private Field _null;
    private FrameType? _type;
    private long _s;
    private long _a;
    private long _d;
    private long _re;
    private long _try;
    private long _missed;
    private bool _p;
    private bool _stopped;
    private string? _id;
    private string? _cause;
    private string? _status;
    private ReadOnlyMemory<byte> _b;
    private ReadOnlyMemory<byte> _traceParent;

    /// <summary>Reads one object; the reader stands on its opening brace and is left on its closing one.</summary>
    internal CloseReason? Read(ref Utf8JsonReader json, ReadOnlyMemory<byte> message)
    {
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var field = FieldOf(ref json);
            if ((_seen & field) != 0)
            {
                return CloseReason.MalformedFrame;
            }

            _seen |= field;
            json.Read();
            if (!ReadValue(field, ref json, message))
            {
                _null |= json.TokenType == JsonTokenType.Null ? field : Field.None;
                _wrong |= field;
                json.Skip();
            }
        }

        return null;
    }

    /// <summary>Makes the frame, if its type is known to come from that side and what it needs is there.</summary>
    internal readonly CloseReason? ToFrame(ReadOnlySpan<byte> whole, bool fromServer, out Frame frame)
    {
        frame = default;
        if ((_seen & Field.T) == 0 || (_wrong & Field.T) != 0)
        {
            return CloseReason.MalformedFrame;
        }

        // In frames of a server s is always the frame's number, so one of an unknown type that has a good one counts, though nothing else of it is understood.
        var type = _type is { } known && Sends(known, fromServer) ? known : FrameType.Unknown;
        if (type == FrameType.Unknown && (!fromServer || (Given & Field.S) == 0))
        {
            return CloseReason.UnknownFrame;
        }

        var (needed, optional) = FieldsOf(type, fromServer);
        if (Check(needed, optional, fromServer) is { } error)
        {
            return error;
        }

        var body = BodyOf(type, whole);
        var there = Given & (needed | optional);
        frame = new Frame
        {
            Type = type,
            Sequence = (there & Field.S) != 0 ? _s : 0,
            Acked = (there & Field.A) != 0 ? _a : null,
            Done = (there & Field.D) != 0 ? _d : null,
            Re = (there & Field.Re) != 0 ? _re : 0,
            Try = (there & Field.Try) != 0 ? (int)_try : 0,
            Provisional = (there & Field.P) != 0 && _p,
            Stopped = (there & Field.Stopped) != 0 && _stopped,
            Missed = (there & Field.Missed) != 0 ? _missed : 0,
            Id = (there & Field.Id) != 0 ? _id : null,
            Cause = (there & Field.Cause) != 0 ? _cause : null,
            Status = (there & Field.Status) != 0 ? _status : null,
            Payload = (there & Field.B) != 0 ? _b : default,
            TraceParent = (there & Field.TraceParent) != 0 ? _traceParent : default,
            Body = body,
        };
        return body is null || FrameBodies.IsGood(body, fromServer) ? null : CloseReason.MalformedFrame;
    }

    /// <summary>The fields that have a value of the right kind.</summary>
    private readonly Field Given => _seen & ~_wrong;

    private readonly CloseReason? Check(Field needed, Field optional, bool fromServer)
    {
        // What a server may leave out it may as well write as null.
        var wrong = _wrong & (needed | optional) & ~(fromServer ? _null & optional : Field.None);
        if ((_seen & needed) != needed || (wrong & ~(Field.S | Field.A)) != 0)
        {
            return CloseReason.MalformedFrame;
        }

        if (wrong != 0)
        {
            return (wrong & Field.S) != 0 ? CloseReason.SequenceInvalid : CloseReason.AckInvalid;
        }

        var there = Given & (needed | optional);
        var good = !fromServer
            || (((there & Field.Re) != 0 || ((there & Field.Try) == 0 && !((there & Field.P) != 0 && _p)))
                && ((there & Field.Try) != 0 || (optional & Field.Try) == 0 || (there & Field.Re) == 0)
                && ((there & (Field.A | Field.D)) != (Field.A | Field.D) || _d <= _a));
        return good ? null : CloseReason.MalformedFrame;
    }

    private static bool Sends(FrameType type, bool server) => type switch
    {
        FrameType.Data or FrameType.Ack or FrameType.Refresh => true,
        FrameType.Hello or FrameType.Pong or FrameType.Stop or FrameType.Bye => !server,
        FrameType.Unknown => false,
        _ => server,
    };

    private static (Field Needed, Field Optional) FieldsOf(FrameType type, bool fromServer) => (type, fromServer) switch
    {
        (FrameType.Data, false) => (Field.S | Field.Id | Field.B, Field.A | Field.TraceParent),
        (FrameType.Data, true) => (Field.S | Field.B, Field.Re | Field.Try | Field.P | Field.A | Field.D),
        (FrameType.End, _) => (Field.S | Field.Re | Field.Try, Field.Stopped | Field.A | Field.D),
        (FrameType.Void, _) => (Field.S | Field.Re | Field.Try, Field.A | Field.D),
        (FrameType.Nack, _) => (Field.S | Field.Re | Field.Cause, Field.Status | Field.A | Field.D),
        (FrameType.Gap, _) => (Field.S | Field.Missed, Field.A | Field.D),
        (FrameType.Unknown, _) => (Field.S, Field.A | Field.D),
        (FrameType.Stop, _) => (Field.S, Field.None),
        (FrameType.Ack, true) => (Field.A | Field.D, Field.None),
        (FrameType.Ack, false) => (Field.A, Field.None),
        _ => (Field.None, Field.None),
    };

    private static object? BodyOf(FrameType type, ReadOnlySpan<byte> whole) => type switch
    {
        FrameType.Open => Body(whole, WireJson.Default.OpenFrame),
        FrameType.Hello => Body(whole, WireJson.Default.HelloFrame),
        FrameType.Authed => Body(whole, WireJson.Default.AuthedFrame),
        FrameType.Gate => Body(whole, WireJson.Default.GateFrame),
        FrameType.Ready => Body(whole, WireJson.Default.ReadyFrame),
        FrameType.Drain => Body(whole, WireJson.Default.DrainFrame),
        FrameType.Refresh => Body(whole, WireJson.Default.RefreshFrame),
        FrameType.Closing => Body(whole, WireJson.Default.ClosingFrame),
        _ => null,
    };

    private static T Body<T>(ReadOnlySpan<byte> whole, JsonTypeInfo<T> info)
        where T : class => JsonSerializer.Deserialize(whole, info) ?? throw new JsonException();

    private static Field FieldOf(ref Utf8JsonReader json) =>
        json.ValueTextEquals("t"u8) ? Field.T
        : json.ValueTextEquals("s"u8) ? Field.S
        : json.ValueTextEquals("b"u8) ? Field.B
        : json.ValueTextEquals("a"u8) ? Field.A
        : json.ValueTextEquals("d"u8) ? Field.D
        : json.ValueTextEquals("id"u8) ? Field.Id
        : json.ValueTextEquals("re"u8) ? Field.Re
        : json.ValueTextEquals("try"u8) ? Field.Try
        : json.ValueTextEquals("p"u8) ? Field.P
        : json.ValueTextEquals("stopped"u8) ? Field.Stopped
        : json.ValueTextEquals("cause"u8) ? Field.Cause
        : json.ValueTextEquals("status"u8) ? Field.Status
        : json.ValueTextEquals("traceparent"u8) ? Field.TraceParent
        : json.ValueTextEquals("missed"u8) ? Field.Missed
        : Field.None;

    /// <summary>Takes a value in; false if it is of the wrong kind or out of its range.</summary>
    private bool ReadValue(Field field, ref Utf8JsonReader json, ReadOnlyMemory<byte> message)
    {
        switch (field)
        {
            case Field.T:
                _type = json.TokenType == JsonTokenType.String ? TypeOf(ref json) : null;
                return json.TokenType == JsonTokenType.String;
            case Field.S:
                return TryNumber(ref json, 1, WireLimits.SequenceMax, out _s);
            case Field.A:
                return TryNumber(ref json, 0, WireLimits.SequenceMax, out _a);
            case Field.D:
                return TryNumber(ref json, 0, WireLimits.SequenceMax, out _d);
            case Field.Re:
                return TryNumber(ref json, 1, WireLimits.SequenceMax, out _re);
            case Field.Try:
                return TryNumber(ref json, 1, int.MaxValue, out _try);
            case Field.Missed:
                return TryNumber(ref json, 1, WireLimits.SequenceMax, out _missed);
            case Field.P:
                return TryBoolean(ref json, out _p);
            case Field.Stopped:
                return TryBoolean(ref json, out _stopped);
            case Field.Id:
                return TryText(ref json, WireLimits.IdLengthMax, out _id) && _id.All(static c => c is >= '!' and <= '~');
            case Field.Cause:
                return TryText(ref json, WireLimits.NameLengthMax, out _cause);
            case Field.Status:
                return TryText(ref json, WireLimits.NameLengthMax, out _status);
            case Field.B:
                var start = (int)json.TokenStartIndex;
                json.Skip();
                _b = message[start..(int)json.BytesConsumed];
                return true;
            case Field.TraceParent:
                // A bad one counts as none.
                var at = (int)json.TokenStartIndex + 1;
                _traceParent = json.TokenType == JsonTokenType.String && TraceParent.IsGood(json.ValueSpan) ? message.Slice(at, TraceParent.Length) : default;
                json.Skip();
                return true;
            default:
                json.Skip();
                return true;
        }
    }

    private static FrameType? TypeOf(ref Utf8JsonReader json) =>
        json.ValueTextEquals("data"u8) ? FrameType.Data
        : json.ValueTextEquals("ack"u8) ? FrameType.Ack
        : json.ValueTextEquals("end"u8) ? FrameType.End
        : json.ValueTextEquals("void"u8) ? FrameType.Void
        : json.ValueTextEquals("nack"u8) ? FrameType.Nack
        : json.ValueTextEquals("ping"u8) ? FrameType.Ping
        : json.ValueTextEquals("pong"u8) ? FrameType.Pong
        : json.ValueTextEquals("stop"u8) ? FrameType.Stop
        : json.ValueTextEquals("gate"u8) ? FrameType.Gate
        : json.ValueTextEquals("open"u8) ? FrameType.Open
        : json.ValueTextEquals("hello"u8) ? FrameType.Hello
        : json.ValueTextEquals("authed"u8) ? FrameType.Authed
        : json.ValueTextEquals("ready"u8) ? FrameType.Ready
        : json.ValueTextEquals("refresh"u8) ? FrameType.Refresh
        : json.ValueTextEquals("drain"u8) ? FrameType.Drain
        : json.ValueTextEquals("closing"u8) ? FrameType.Closing
        : json.ValueTextEquals("bye"u8) ? FrameType.Bye
        : json.ValueTextEquals("gap"u8) ? FrameType.Gap
        : null;

    private static bool TryNumber(ref Utf8JsonReader json, long least, long most, out long value)
    {
        value = 0;
        return json.TokenType == JsonTokenType.Number && json.TryGetInt64(out value) && value >= least && value <= most;
    }

    private static bool TryBoolean(ref Utf8JsonReader json, out bool value)
    {
        value = json.TokenType == JsonTokenType.True;
        return value || json.TokenType == JsonTokenType.False;
    }

    private static bool TryText(ref Utf8JsonReader json, int lengthMax, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out string? value)
    {
        value = json.TokenType == JsonTokenType.String && json.ValueSpan.Length <= lengthMax * 6 ? json.GetString() : null;
        return value is { Length: > 0 } && value.Length <= lengthMax;
    }
}
