using System.Text.Unicode;

namespace Airlock.Core;

/// <summary>Follows the WebSocket frames of a client by their bytes (RFC 6455 §5), however these are split, and keeps the first thing that is wrong with them.</summary>
/// <remarks>
/// A WebSocket library ends a connection over a forbidden frame with an exception that does not tell a program what it was; the bytes do.
/// Only headers and close frames are looked at: whether text is UTF-8 is not. Lengths that could be written shorter are let pass, as .NET does.
/// Not safe for concurrent use. Reading allocates nothing before a close frame comes.
/// </remarks>
public sealed class SocketScan
{
    private const int Continuation = 0;
    private const int Binary = 2;
    private const int Close = 8;
    private const int Pong = 10;
    private const int ControlBytesMax = 125;

    private int _headerBytes;
    private int _lengthBytes;
    private int _opcode;
    private bool _isFinal;
    private long _length;
    private long _left;
    private uint _mask;
    private bool _isInMessage;
    private long _begun;
    private byte[]? _close;
    private int _closeBytes;

    /// <summary>The first thing that is wrong, or null. Nothing after it is looked at.</summary>
    public SocketViolation? Violation { get; private set; }

    /// <summary>The code of the client's close frame once it is there whole: 1005 if it has none; else null. Nothing after it is looked at.</summary>
    public int? CloseCode { get; private set; }

    /// <summary>The number of the message, or of the control frame between messages, that has begun and is not whole; 0 if there is none.</summary>
    /// <value>Rises from one to the next, so that one that lasts can be told from many.</value>
    public long Unfinished => _isInMessage || _headerBytes > 0 ? _begun : 0;

    /// <summary>Whether a close frame may carry this code: those of RFC 6455 §7.4.1 that are not reserved, those registered since (1012 to 1014), and 3000 to 4999.</summary>
    /// <param name="code">Any number.</param>
    public static bool IsCloseCode(int code) => code is (>= 1000 and <= 1014 and not (1004 or 1005 or 1006)) or (>= 3000 and <= 4999);

    /// <summary>Reads the next bytes of the stream.</summary>
    /// <param name="bytes">Any number of them.</param>
    public void Read(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0 && Violation is null && CloseCode is null)
        {
            if (_left == 0)
            {
                ReadHeader(bytes[0]);
                bytes = bytes[1..];
                continue;
            }

            var length = (int)Math.Min(_left, bytes.Length);
            if (_opcode == Close)
            {
                bytes[..length].CopyTo(_close.AsSpan(_closeBytes));
                _closeBytes += length;
            }

            _left -= length;
            bytes = bytes[length..];
            if (_left == 0)
            {
                EndFrame();
            }
        }
    }

    private void ReadHeader(byte next)
    {
        var at = _headerBytes++;
        if (at == 0)
        {
            BeginFrame(next);
        }
        else if (at == 1)
        {
            ReadLength(next);
        }
        else if (at < 2 + _lengthBytes)
        {
            _length = (_length << 8) | next;
            if (at == 2 && _lengthBytes == sizeof(long) && next >= 0x80)
            {
                Violation = SocketViolation.LengthNegative;
            }
        }
        else
        {
            _mask = (_mask << 8) | next;
            if (at == 5 + _lengthBytes)
            {
                BeginPayload();
            }
        }
    }

    private void BeginFrame(byte first)
    {
        _opcode = first & 0x0F;
        _isFinal = (first & 0x80) != 0;
        if (!_isInMessage)
        {
            _begun++;
        }

        Violation = (first & 0x70) != 0 ? SocketViolation.ReservedBitSet
            : _opcode is > Binary and < Close or > Pong ? SocketViolation.OpcodeReserved
            : _opcode >= Close ? _isFinal ? null : SocketViolation.ControlFrameFragmented
            : _opcode == Continuation ? _isInMessage ? null : SocketViolation.ContinuationOfNothing
            : _isInMessage ? SocketViolation.MessageWithinMessage
            : null;
        _isInMessage |= _opcode < Close;
    }

    private void ReadLength(byte second)
    {
        var length = second & 0x7F;
        _lengthBytes = length == 127 ? 8 : length == 126 ? 2 : 0;
        _length = _lengthBytes == 0 ? length : 0;
        Violation = (second & 0x80) == 0 ? SocketViolation.FrameNotMasked
            : _opcode >= Close && length > ControlBytesMax ? SocketViolation.ControlFrameTooLong
            // Known before the byte is there; the WebSocket layer does not wait for it either.
            : _opcode == Close && length == 1 ? SocketViolation.CloseCodeHalf
            : null;
    }

    private void BeginPayload()
    {
        _left = _length;
        if (_opcode == Close)
        {
            (_close, _closeBytes) = (new byte[_left], 0);
        }

        if (_left == 0)
        {
            EndFrame();
        }
    }

    private void EndFrame()
    {
        _headerBytes = 0;
        if (_opcode == Close)
        {
            ReadClose(_close);
        }
        else if (_opcode < Close)
        {
            _isInMessage = !_isFinal;
        }
    }

    private void ReadClose(Span<byte> payload)
    {
        for (var i = 0; i < payload.Length; i++)
        {
            payload[i] ^= (byte)(_mask >> (8 * (3 - (i % 4))));
        }

        var code = payload.Length < 2 ? 1005 : (payload[0] << 8) | payload[1];
        Violation = payload.Length == 0 ? null
            : !IsCloseCode(code) ? SocketViolation.CloseCodeForbidden
            : !Utf8.IsValid(payload[2..]) ? SocketViolation.CloseReasonNotUtf8
            : null;
        CloseCode = Violation is null ? code : null;
    }
}
