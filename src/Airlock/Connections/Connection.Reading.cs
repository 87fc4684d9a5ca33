using System.Buffers;
using System.Net.WebSockets;
using Airlock.Core;

namespace Airlock;

/// <summary>The one reader: it never stops before the stream ends, so that closes, resets and pongs are always noticed.</summary>
internal sealed partial class Connection
{
    private static readonly string[] _carriers = ["authorization", "subprotocol", "ticket", "cookie"];
    private static readonly string _unexplained = new WebSocketException(WebSocketError.Faulted).Message;
    private bool _isClosedByLayer;
    private long _heardAt;
    private long _plainSequence;

    private async Task ReadAsync(WebSocket socket)
    {
        try
        {
            while (true)
            {
                // Nothing is held in memory for a connection that is silent.
                var first = await ReceiveAsync(socket, Memory<byte>.Empty);
                if (first.MessageType == WebSocketMessageType.Close || !await ReadMessageAsync(socket, first))
                {
                    Post(LifecycleEvent.CloseReceived(CloseReason.ClientClosed));
                    return;
                }
            }
        }
        catch (WebSocketException e) when (e.WebSocketErrorCode == WebSocketError.Faulted && e.InnerException is null)
        {
            // The WebSocket layer has refused what came, with a close frame of its own, and failed the read. Bad UTF-8 (1007) it does not explain; a broken
            // frame (1002) it does.
            _isClosedByLayer = true;
            Post(LifecycleEvent.TransportLost(e.Message == _unexplained ? CloseReason.InvalidUtf8 : null));
        }
        catch (WebSocketException)
        {
            Post(LifecycleEvent.TransportLost());
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            Post(LifecycleEvent.TransportLost());
        }
    }

    private async ValueTask<ValueWebSocketReceiveResult> ReceiveAsync(WebSocket socket, Memory<byte> buffer)
    {
        var received = await socket.ReceiveAsync(buffer, CancellationToken.None);
        Interlocked.Exchange(ref _heardAt, _server.Clock.Now);
        return received;
    }

    /// <summary>Reads one message whole and handles it.</summary>
    /// <returns>False if the peer's close came instead.</returns>
    private async ValueTask<bool> ReadMessageAsync(WebSocket socket, ValueWebSocketReceiveResult received)
    {
        var limit = _endpoint.Options.MessageBytesMax;
        var buffer = ArrayPool<byte>.Shared.Rent(Math.Min(limit, 4096));
        var length = 0;
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

                received = await ReceiveAsync(socket, buffer.AsMemory(length));
                if (received.MessageType == WebSocketMessageType.Close)
                {
                    return false;
                }

                length += received.Count;
                if (length > limit)
                {
                    // What follows of the message is read and forgotten until the close is answered.
                    Post(LifecycleEvent.CloseRequested(CloseReason.MessageTooLarge));
                    length = 0;
                }
            }

            if (_state is >= ConnectionState.Closing)
            {
                return true;
            }

            if (received.MessageType == WebSocketMessageType.Binary)
            {
                Post(LifecycleEvent.CloseRequested(CloseReason.BinaryRefused));
            }
            else if (_request.IsPlain)
            {
                await GuardStoreAsync(() => DataAsync(++_plainSequence, $"{Id}-{_plainSequence}", buffer.AsMemory(0, length)));
            }
            else
            {
                await GuardStoreAsync(() => HandleMessageAsync(buffer.AsMemory(0, length)));
            }

            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>The store is somebody else's code. What it did not store the client sends again.</summary>
    private async ValueTask GuardStoreAsync(Func<ValueTask> work)
    {
        try
        {
            await work();
        }
        catch (Exception e)
        {
            Log.StoreFailed(_server.Logger, e, Id);
            Post(LifecycleEvent.CloseRequested(CloseReason.StoreUnavailable));
        }
    }

    private async ValueTask HandleMessageAsync(ReadOnlyMemory<byte> message)
    {
        var (frames, error) = Parse(message);
        foreach (var frame in frames)
        {
            if (_state is >= ConnectionState.Closing)
            {
                return;
            }

            await HandleFrameAsync(frame);
        }

        if (error is not null)
        {
            Post(LifecycleEvent.CloseRequested(error));
        }
    }

    /// <summary>The frames before the first error are good and are handled; the error closes the connection after them.</summary>
    private static (List<Frame> Frames, CloseReason? Error) Parse(ReadOnlyMemory<byte> message)
    {
        var reader = new FrameReader(message, fromServer: false);
        var frames = new List<Frame>(1);
        while (reader.TryRead(out var frame))
        {
            frames.Add(frame);
        }

        return (frames, reader.Error);
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

    private async ValueTask HandleFrameAsync(Frame frame)
    {
        if (_hello is null && frame.Type != FrameType.Hello)
        {
            Post(LifecycleEvent.CloseRequested(CloseReason.HelloMissing));
            return;
        }

        switch (frame.Type)
        {
            case FrameType.Hello:
                if (_hello is null)
                {
                    _hello = (HelloFrame)frame.Body!;
                    LogStripped(_hello);
                }

                Post(LifecycleEvent.HelloReceived(_hello.Resume is not null));
                return;
            case FrameType.Data:
                await DataAsync(frame.Sequence, frame.Id!, frame.Payload, frame.Acked, Spans.Keep(frame.TraceParent));
                return;
            case FrameType.Refresh:
                _refreshToken = ((RefreshFrame)frame.Body!).Token;
                Post(LifecycleEvent.RefreshReceived());
                return;
            case FrameType.Bye:
                // What was held comes first.
                await _heldStored;
                Post(LifecycleEvent.ByeReceived());
                return;
            case FrameType.Pong:
                return;
        }

        if (_serving is not { } serving)
        {
            Post(LifecycleEvent.CloseRequested(CloseReason.FrameOutOfPhase));
        }
        else if (frame.Type == FrameType.Ack)
        {
            await AcknowledgeAsync(serving, frame.Acked!.Value);
        }
        else
        {
            await serving.Log!.StopAsync(serving.Generation, frame.Sequence);
        }
    }

    private async ValueTask DataAsync(long sequence, string id, ReadOnlyMemory<byte> payload, long? acked = null, string? traceParent = null)
    {
        if (_serving is null && Hold(sequence, id, payload, traceParent))
        {
            return;
        }

        // What was held comes first.
        await _heldStored;
        if (_serving is { } serving)
        {
            if (acked is { } a)
            {
                await AcknowledgeAsync(serving, a);
            }

            await StoreAsync(serving, sequence, id, payload.ToArray(), traceParent);
        }
    }

    private async ValueTask StoreAsync(AttachOutcome serving, long sequence, string id, ReadOnlyMemory<byte> payload, string? traceParent)
    {
        var log = serving.Log!;
        switch (await log.AppendAsync(serving.Generation, sequence, id, payload, traceParent))
        {
            case AppendVerdict.Stored:
                await _endpoint.Turns.WakeAsync(log);
                break;
            case AppendVerdict.Repeat:
                RepeatPositions();
                break;
            case AppendVerdict.Conflict:
                Post(LifecycleEvent.CloseRequested(CloseReason.SequenceConflict));
                break;
            case AppendVerdict.Gap:
                Post(LifecycleEvent.CloseRequested(CloseReason.SequenceGap));
                break;
            case AppendVerdict.WindowExceeded:
                Post(LifecycleEvent.CloseRequested(CloseReason.WindowExceeded));
                break;
            case AppendVerdict.InputEnded:
                Post(LifecycleEvent.CloseRequested(CloseReason.FrameOutOfPhase));
                break;
            case AppendVerdict.Fenced:
                // Revoked: the close with its cause is under way, and the client sends again what was not acknowledged.
                break;
        }
    }

    private async ValueTask AcknowledgeAsync(AttachOutcome serving, long sequence)
    {
        var verdict = await serving.Log!.AcknowledgeAsync(serving.Generation, sequence);
        if (verdict is AckVerdict.BeyondAppended or AckVerdict.Backward)
        {
            Post(LifecycleEvent.CloseRequested(CloseReason.AckInvalid));
        }
    }
}
