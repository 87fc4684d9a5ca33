using System.Buffers;
using System.Net.WebSockets;
using Airlock.Core;

namespace Airlock;

/// <summary>The one reader: it never stops before the stream ends, so that closes, resets and pongs are always noticed.</summary>
internal sealed partial class Connection
{
    private const int MessageBytesLeast = 4096;
    private static readonly string[] _carriers = ["authorization", "subprotocol", "ticket", "cookie"];
    private long _plainSequence;
    // What the last message needed the next one will need, and a buffer that grows is copied every time.
    private int _messageBytes = MessageBytesLeast;

    /// <summary>How far the connection is for the reader. The state may follow later: somebody else may be at the mailbox.</summary>
    private ReceptionPhase Phase => _state >= ConnectionState.Closing ? ReceptionPhase.Ending
        : _serving is not null ? ReceptionPhase.Serving
        : _hello is not null ? ReceptionPhase.Starting
        : ReceptionPhase.BeforeHello;

    private async Task ReadAsync(WebSocket socket)
    {
        try
        {
            while (true)
            {
                // Nothing is held in memory for a connection that is silent.
                var first = await socket.ReceiveAsync(Memory<byte>.Empty, CancellationToken.None);
                NoteHeard(isUnfinished: !first.EndOfMessage);
                if (first.MessageType == WebSocketMessageType.Close || !await ReadMessageAsync(socket, first))
                {
                    Post(LifecycleEvent.CloseReceived(CloseReason.ClientClosed, _bytes?.Received.CloseCode ?? (int?)socket.CloseStatus));
                    return;
                }

                NoteHeard(isUnfinished: false);
            }
        }
        catch (Exception e) when (e is WebSocketException or IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            Post(EndOfStream(isRefused: e is WebSocketException { WebSocketErrorCode: WebSocketError.Faulted }));
        }
    }

    /// <summary>Reads one message whole and handles it.</summary>
    /// <returns>False if the peer's close came instead.</returns>
    private async ValueTask<bool> ReadMessageAsync(WebSocket socket, ValueWebSocketReceiveResult received)
    {
        var limit = _endpoint.Options.MessageBytesMax;
        var buffer = ArrayPool<byte>.Shared.Rent(_messageBytes);
        var length = 0;
        var isTooLarge = false;
        try
        {
            while (!received.EndOfMessage)
            {
                if (length == buffer.Length)
                {
                    var larger = ArrayPool<byte>.Shared.Rent(length * 2);
                    buffer.AsSpan(0, length).CopyTo(larger);
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = larger;
                }

                received = await socket.ReceiveAsync(buffer.AsMemory(length), CancellationToken.None);
                if (received.MessageType == WebSocketMessageType.Close)
                {
                    return false;
                }

                length += received.Count;
                if (length > limit)
                {
                    // What follows of the message is read and forgotten until the close is answered.
                    Post(LifecycleEvent.CloseRequested(CloseReason.MessageTooLarge));
                    isTooLarge = true;
                    length = 0;
                }

                if (!received.EndOfMessage)
                {
                    NoteHeard(isUnfinished: true);
                }
            }

            _messageBytes = Math.Max(MessageBytesLeast, length);
            // The state may follow later: somebody else may be at the mailbox.
            if (isTooLarge || _state is >= ConnectionState.Closing)
            {
                return true;
            }

            if (received.MessageType == WebSocketMessageType.Binary)
            {
                Post(LifecycleEvent.CloseRequested(CloseReason.BinaryRefused));
            }
            else
            {
                await HandleAsync(buffer.AsMemory(0, length));
            }

            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async ValueTask HandleMessageAsync(ReadOnlyMemory<byte> message)
    {
        var reader = new FrameReader(message, fromServer: false);
        var stored = false;
        try
        {
            // The frames before the first error are good and are handled; the error closes the connection after them.
            while (_state < ConnectionState.Closing && reader.TryRead(out var frame))
            {
                var meaning = Reception.Of(Phase, frame.Type);
                if (meaning is FrameMeaning.Store or FrameMeaning.Hold)
                {
                    stored |= await DataAsync(frame.Sequence, frame.Id!, frame.Payload, frame.Acked, Spans.Keep(frame.TraceParent));
                }
                else
                {
                    await HandleFrameAsync(meaning, frame);
                }
            }
        }
        finally
        {
            if (stored)
            {
                // Once for all of them, so that they are handled, and answered, together.
                await WakeAsync(_serving!.Log!);
            }
        }

        if (reader.Error is { } error && _state < ConnectionState.Closing)
        {
            Post(LifecycleEvent.CloseRequested(error));
        }
    }

    private async ValueTask HandlePlainAsync(ReadOnlyMemory<byte> message)
    {
        _plainSequence++;
        if (await DataAsync(_plainSequence, $"{Id}-{_plainSequence}", message))
        {
            await WakeAsync(_serving!.Log!);
        }
    }

    /// <summary>Names the carriers that the client sent and that did not arrive; of what it calls them only known names, since they end in a log.</summary>
    private void LogStripped(HelloFrame hello)
    {
        var stripped = string.Join(", ", _carriers.Where(name => hello.Sent?.Contains(name) == true && !_request.Carriers.Contains(name)));
        if (stripped.Length > 0)
        {
            Log.Stripped(_server.Logger, Id, stripped);
        }
    }

    private async ValueTask HandleFrameAsync(FrameMeaning meaning, Frame frame)
    {
        switch (meaning)
        {
            case FrameMeaning.Hello:
                if (_hello is null)
                {
                    _hello = (HelloFrame)frame.Body!;
                    LogStripped(_hello);
                }

                Post(LifecycleEvent.HelloReceived(_hello.Resume is not null));
                break;
            case FrameMeaning.Refresh:
                _refreshToken = ((RefreshFrame)frame.Body!).Token;
                Post(LifecycleEvent.RefreshReceived());
                break;
            case FrameMeaning.Bye:
                // What was held comes first.
                await _heldStored;
                Post(LifecycleEvent.ByeReceived());
                break;
            case FrameMeaning.Acknowledge:
                await AcknowledgeAsync(_serving!, frame.Acked!.Value);
                break;
            case FrameMeaning.Stop:
                await WishAsync(_serving!.Log!.StopAsync(_serving.Generation, frame.Sequence));
                break;
            default:
                CloseFor(Reception.CauseOf(meaning));
                break;
        }
    }

    private void CloseFor(CloseReason? reason)
    {
        if (reason is not null)
        {
            Post(LifecycleEvent.CloseRequested(reason));
        }
    }

    /// <returns>Whether it was stored, and somebody has to be woken to handle it.</returns>
    private async ValueTask<bool> DataAsync(long sequence, string id, ReadOnlyMemory<byte> payload, long? acked = null, string? traceParent = null)
    {
        if (_serving is null && Hold(sequence, id, payload, traceParent))
        {
            return false;
        }

        // What was held comes first.
        await _heldStored;
        if (_serving is { } serving)
        {
            if (acked is { } a && !await AcknowledgeAsync(serving, a))
            {
                // What came with a wrong acknowledgement is not stored, whoever is at the mailbox.
                return false;
            }

            return await StoreAsync(serving, sequence, id, payload.ToArray(), traceParent);
        }

        return false;
    }
}
