using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Airlock.Core;

/// <summary>The fields of one frame in any order, before its type says which of them count.</summary>
internal struct FrameFields
{
    [Flags]
    private enum Field
    {
        None = 0, T = 1, S = 2, A = 4, D = 8, Re = 16, Try = 32, P = 64, Stopped = 128, Id = 256, Cause = 512, Status = 1024, B = 2048,
    }

    private Field _seen;
    private FrameType? _type;
    private long _s;
    private long _a;
    private long _d;
    private long _re;
    private long _try;
    private bool _p;
    private bool _stopped;
    private string? _id;
    private string? _cause;
    private string? _status;
    private ReadOnlyMemory<byte> _b;

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
            if (ReadValue(field, ref json, message) is { } error)
            {
                return error;
            }
        }

        return null;
    }

    /// <summary>Makes the frame, if its type is known to come from that side and what it needs is there.</summary>
    internal readonly CloseReason? ToFrame(ReadOnlySpan<byte> whole, bool fromServer, out Frame frame)
    {
        frame = default;
        if ((_seen & Field.T) == 0)
        {
            return CloseReason.MalformedFrame;
        }

        if (_type is not { } type)
        {
            return CloseReason.UnknownFrame;
        }

        if (type is not (FrameType.Data or FrameType.Ack or FrameType.Refresh)
            && fromServer != type is FrameType.Open or FrameType.Authed or FrameType.Gate or FrameType.Ready or FrameType.Nack or FrameType.End or FrameType.Void or FrameType.Drain or FrameType.Closing or FrameType.Ping)
        {
            return CloseReason.UnknownFrame;
        }

        object? body = type switch
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
        frame = new Frame
        {
            Type = type,
            Sequence = _s,
            Acked = (_seen & Field.A) != 0 ? _a : null,
            Done = (_seen & Field.D) != 0 ? _d : null,
            Re = _re,
            Try = (int)_try,
            Provisional = _p,
            Stopped = _stopped,
            Id = _id,
            Cause = _cause,
            Status = _status,
            Payload = _b,
            Body = body,
        };
        return body switch
        {
            HelloFrame hello => CheckHello(hello),
            RefreshFrame refresh => (fromServer ? refresh.By is null : !Fits(refresh.Token, WireLimits.TokenLengthMax)) ? CloseReason.MalformedFrame : null,
            _ => CheckNumbered(type, fromServer),
        };
    }

    private readonly CloseReason? CheckNumbered(FrameType type, bool fromServer)
    {
        var needed = (type, fromServer) switch
        {
            (FrameType.Data, false) => Field.S | Field.Id | Field.B,
            (FrameType.Data, true) => Field.S | Field.B,
            (FrameType.End or FrameType.Void, _) => Field.S | Field.Re | Field.Try,
            (FrameType.Nack, _) => Field.S | Field.Re | Field.Cause,
            (FrameType.Stop, _) => Field.S,
            (FrameType.Ack, true) => Field.A | Field.D,
            (FrameType.Ack, false) => Field.A,
            _ => Field.None,
        };
        if ((_seen & needed) != needed || ((_seen & (Field.A | Field.D)) == (Field.A | Field.D) && fromServer && _d > _a))
        {
            return CloseReason.MalformedFrame;
        }

        return (needed & Field.S) != 0 && _s == 0 ? CloseReason.SequenceInvalid : null;
    }

    private static CloseReason? CheckHello(HelloFrame hello)
    {
        var good = hello.Version == Protocol.Version
            && Fits(hello.Client, WireLimits.NameLengthMax)
            && Fits(hello.Instance, WireLimits.NameLengthMax)
            && (hello.Sent is null || (hello.Sent.Count <= WireLimits.CarriersMax && hello.Sent.All(static name => Fits(name, WireLimits.NameLengthMax))))
            && (hello.Auth is null || ((hello.Auth.Token is null) != (hello.Auth.Ticket is null) && Fits(hello.Auth.Token ?? hello.Auth.Ticket, WireLimits.TokenLengthMax)))
            && (hello.Resume is null
                || (Fits(hello.Resume.Session, WireLimits.NameLengthMax)
                    && hello.Resume.Attempt is > 0 and <= WireLimits.SequenceMax
                    && hello.Resume.Received is >= 0 and <= WireLimits.SequenceMax));
        return good ? null : CloseReason.MalformedFrame;
    }

    private static bool Fits(string? text, int lengthMax) => text is { Length: > 0 } && text.Length <= lengthMax;

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
        : Field.None;

    private CloseReason? ReadValue(Field field, ref Utf8JsonReader json, ReadOnlyMemory<byte> message)
    {
        switch (field)
        {
            case Field.T:
                if (json.TokenType != JsonTokenType.String)
                {
                    return CloseReason.MalformedFrame;
                }

                _type = TypeOf(ref json);
                return null;
            case Field.S:
                return TryNumber(ref json, 1, WireLimits.SequenceMax, out _s) ? null : CloseReason.SequenceInvalid;
            case Field.A:
                return TryNumber(ref json, 0, WireLimits.SequenceMax, out _a) ? null : CloseReason.AckInvalid;
            case Field.D:
                return TryNumber(ref json, 0, WireLimits.SequenceMax, out _d) ? null : CloseReason.MalformedFrame;
            case Field.Re:
                return TryNumber(ref json, 1, WireLimits.SequenceMax, out _re) ? null : CloseReason.MalformedFrame;
            case Field.Try:
                return TryNumber(ref json, 1, int.MaxValue, out _try) ? null : CloseReason.MalformedFrame;
            case Field.P:
                return TryBoolean(ref json, out _p) ? null : CloseReason.MalformedFrame;
            case Field.Stopped:
                return TryBoolean(ref json, out _stopped) ? null : CloseReason.MalformedFrame;
            case Field.Id:
                return TryText(ref json, WireLimits.IdLengthMax, out _id) && _id.All(static c => c is >= '!' and <= '~') ? null : CloseReason.MalformedFrame;
            case Field.Cause:
                return TryText(ref json, WireLimits.NameLengthMax, out _cause) ? null : CloseReason.MalformedFrame;
            case Field.Status:
                return TryText(ref json, WireLimits.NameLengthMax, out _status) ? null : CloseReason.MalformedFrame;
            case Field.B:
                var start = (int)json.TokenStartIndex;
                json.Skip();
                _b = message[start..(int)json.BytesConsumed];
                return null;
            default:
                json.Skip();
                return null;
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
