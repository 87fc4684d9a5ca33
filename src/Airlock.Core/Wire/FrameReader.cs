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
    /// <param name="fromServer">Whether a server sent it. Each side has frames of its own; the other's are unknown.</param>
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
            if (Error is not null || !MoveToFrame())
            {
                return false;
            }

            var start = (int)_json.TokenStartIndex;
            var fields = default(FrameFields);
            Error = fields.Read(ref _json, _message);
            if (Error is null)
            {
                var whole = _message.Span[start..(int)_json.BytesConsumed];
                Error = ++_frames > WireLimits.FramesMax ? CloseReason.MalformedFrame : fields.ToFrame(whole, _fromServer, out frame);
            }
        }
        catch (JsonException)
        {
            Error = CloseReason.MalformedFrame;
        }

        return Error is null;
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
