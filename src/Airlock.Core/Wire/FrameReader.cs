using System.Text.Json;

namespace Airlock.Core;

/// <summary>Reads the frames of one WebSocket message, checking every field a peer can get wrong (<c>spec/wire.md</c> §2).</summary>
/// <remarks>A value that remembers where it is; the payloads it hands out are slices of the message.</remarks>
public struct FrameReader
{
    private static readonly JsonReaderOptions Options = new() { MaxDepth = WireLimits.PayloadDepthMax + 1 };
    private readonly ReadOnlyMemory<byte> _message;
    private readonly bool _fromServer;
    private int _at;
    private bool _started;
    private bool _array;
    private int _frames;

    /// <summary>Starts to read a message.</summary>
    /// <param name="message">The whole message.</param>
    /// <param name="fromServer">Whether a server sent it. Each side has frames of its own; the other's are unknown: an error from a client, left out from a server.</param>
    public FrameReader(ReadOnlyMemory<byte> message, bool fromServer)
    {
        _message = message;
        _fromServer = fromServer;
    }

    /// <summary>What is wrong with the message, once <see cref="TryRead"/> has returned false; null if it was read to its end.</summary>
    public CloseReason? Error { get; private set; }

    /// <summary>Reads the next frame.</summary>
    /// <param name="frame">The frame.</param>
    /// <returns>False at the end of the message or at the first error.</returns>
    public bool TryRead(out Frame frame)
    {
        frame = default;
        try
        {
            while (Error is null && MoveToFrame())
            {
                Error = ReadFrame(out frame);
                if (Error is null)
                {
                    return true;
                }

                // A newer server may send frames that this client does not know; a client may not.
                if (_fromServer && Error == CloseReason.UnknownFrame)
                {
                    Error = null;
                }
            }
        }
        catch (JsonException)
        {
            Error = CloseReason.MalformedFrame;
        }
        catch (InvalidOperationException)
        {
            // What the JSON reader throws for a string that is no Unicode text, such as half of a surrogate pair.
            Error = CloseReason.MalformedFrame;
        }

        frame = default;
        return false;
    }

    private CloseReason? ReadFrame(out Frame frame)
    {
        frame = default;
        if (++_frames > WireLimits.FramesMax)
        {
            return CloseReason.MalformedFrame;
        }

        var rest = _message[_at..];
        if (!_fromServer && ClientData.TryRead(rest, out frame, out var length))
        {
            _at += length;
            return null;
        }

        var json = new Utf8JsonReader(rest.Span, Options);
        json.Read();
        var fields = default(FrameFields);
        if (fields.Read(ref json, rest) is { } error)
        {
            return error;
        }

        _at += (int)json.BytesConsumed;
        return fields.ToFrame(rest.Span[..(int)json.BytesConsumed], _fromServer, out frame);
    }

    private bool MoveToFrame()
    {
        var next = Next();
        if (!_started)
        {
            _started = true;
            if (next == '[')
            {
                _array = true;
                _at++;
                next = Next();
            }
        }
        else if (_array && next == ',')
        {
            _at++;
            next = Next();
            if (next == ']')
            {
                return Refuse();
            }
        }
        else if (!_array || next != ']')
        {
            // A message that is not an array holds exactly one frame; anything after it is malformed.
            return next is null && !_array ? End() : Refuse();
        }

        if (_array && next == ']')
        {
            _at++;
            _array = false;
            return Next() is null ? End() : Refuse();
        }

        return next == '{' || Refuse();
    }

    /// <summary>The next character that is no white space, or null at the end.</summary>
    private char? Next()
    {
        var message = _message.Span;
        while (_at < message.Length && (message[_at] is (byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\r'))
        {
            _at++;
        }

        return _at < message.Length ? (char)message[_at] : null;
    }

    private bool Refuse()
    {
        Error = CloseReason.MalformedFrame;
        return false;
    }

    private bool End()
    {
        if (_frames == 0)
        {
            Error = CloseReason.MalformedFrame;
        }

        return false;
    }
}
