using System.Text.Json;

namespace Airlock.Core;

/// <summary>Reads the frames of one WebSocket message, checking every field a peer can get wrong (<c>spec/wire.md</c> §2).</summary>
/// <remarks>A struct on the stack; the payloads it hands out are slices of the message.</remarks>
public ref struct FrameReader
{
    private static readonly JsonReaderOptions Options = new() { MaxDepth = WireLimits.DepthMax };
    private readonly ReadOnlyMemory<byte> _message;
    private readonly bool _fromServer;
    private Utf8JsonReader _json;
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
        _json = new Utf8JsonReader(message.Span, Options);
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
        var start = (int)_json.TokenStartIndex;
        var fields = default(FrameFields);
        if (fields.Read(ref _json, _message) is { } error)
        {
            return error;
        }

        var whole = _message.Span[start..(int)_json.BytesConsumed];
        return ++_frames > WireLimits.FramesMax ? CloseReason.MalformedFrame : fields.ToFrame(whole, _fromServer, out frame);
    }

    private bool MoveToFrame()
    {
        // A read past the end throws for anything but a complete value, so a truncated message is an error here.
        if (!_json.Read())
        {
            return End();
        }

        if (!_started)
        {
            _started = true;
            if (_json.TokenType == JsonTokenType.StartArray)
            {
                _array = true;
                _json.Read();
            }
        }

        if (_array && _json.TokenType == JsonTokenType.EndArray)
        {
            return _json.Read() || End();
        }

        if (_json.TokenType == JsonTokenType.StartObject)
        {
            return true;
        }

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
