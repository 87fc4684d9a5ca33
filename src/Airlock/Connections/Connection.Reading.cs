using System.Buffers;
using System.Net.WebSockets;
using Airlock.Core;

namespace Airlock;

/// <summary>The one reader: it never stops before the stream ends, so that closes, resets and pongs are always noticed.</summary>
internal sealed partial class Connection
{
    private readonly Lock _holding = new();
    private Queue<(long Sequence, string Id, byte[] Payload)> _held = new();
    private int _heldMessages;
    private long _heldBytes;
    private Task _heldStored = Task.CompletedTask;
    private volatile AttachOutcome? _serving;
    private long _heardAt;
    private long _plainSequence;

    private async Task ReadAsync()
    {
        if (_socket is not { } socket)
        {
            return;
        }

        try
        {
            while (true)
            {
                // Nothing is held in memory for a connection that is silent.
                var first = await socket.ReceiveAsync(Memory<byte>.Empty, CancellationToken.None);
                Interlocked.Exchange(ref _heardAt, _server.Clock.Now);
                if (first.MessageType == WebSocketMessageType.Close || !await ReadMessageAsync(socket, first))
                {
                    Post(LifecycleEvent.CloseReceived(CloseReason.ClientClosed));
                    return;
                }
            }
        }
        catch (WebSocketException e)
        {
            // ManagedWebSocket refuses bad UTF-8 itself, with 1007, and then fails the read.
            Post(LifecycleEvent.TransportLost(e.WebSocketErrorCode == WebSocketError.Faulted && e.InnerException is null ? CloseReason.InvalidUtf8 : null));
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            Post(LifecycleEvent.TransportLost());
        }
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
                await DataAsync(++_plainSequence, $"{Id}-{_plainSequence}", buffer.AsMemory(0, length));
            }
            else
            {
                await HandleMessageAsync(buffer.AsMemory(0, length));
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
                _hello ??= (HelloFrame)frame.Body!;
                Post(LifecycleEvent.HelloReceived(_hello.Resume is not null));
                return;
            case FrameType.Data:
                await DataAsync(frame.Sequence, frame.Id!, frame.Payload, frame.Acked);
                return;
            case FrameType.Refresh:
                _refreshToken = ((RefreshFrame)frame.Body!).Token;
                Post(LifecycleEvent.RefreshReceived());
                return;
            case FrameType.Bye:
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

    private async ValueTask DataAsync(long sequence, string id, ReadOnlyMemory<byte> payload, long? acked = null)
    {
        if (_serving is null && Hold(sequence, id, payload))
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

            await StoreAsync(serving, sequence, id, payload.ToArray());
        }
    }

    /// <summary>Holds a message that came before ready, within the credit.</summary>
    /// <returns>False if the connection is ready meanwhile.</returns>
    private bool Hold(long sequence, string id, ReadOnlyMemory<byte> payload)
    {
        CloseReason? refused = null;
        lock (_holding)
        {
            if (_serving is not null)
            {
                return false;
            }

            var options = _endpoint.Options;
            var isKnown = _state >= ConnectionState.Authenticated;
            if (_hello?.Resume is not null)
            {
                refused = CloseReason.EarlyData;
            }
            else if (_heldMessages + 1 > (isKnown ? options.HoldMessagesMax : options.HoldMessagesBeforeAuthentication)
                || _heldBytes + payload.Length > (isKnown ? options.HoldBytesMax : options.HoldBytesBeforeAuthentication))
            {
                refused = CloseReason.EarlyDataOverflow;
            }
            else
            {
                _heldMessages++;
                _heldBytes += payload.Length;
                _held.Enqueue((sequence, id, payload.ToArray()));
            }
        }

        if (refused is not null)
        {
            Post(LifecycleEvent.CloseRequested(refused));
        }

        return true;
    }

    /// <summary>From here on the reader stores straight into the session; what was held goes first.</summary>
    private void BeginServing(AttachOutcome attached)
    {
        var stored = new TaskCompletionSource();
        Queue<(long Sequence, string Id, byte[] Payload)> held;
        lock (_holding)
        {
            _heldStored = stored.Task;
            _serving = attached;
            held = _held;
            _held = new();
        }

        _ = StoreHeldAsync(attached, held, stored);
    }

    private async Task StoreHeldAsync(AttachOutcome attached, Queue<(long Sequence, string Id, byte[] Payload)> held, TaskCompletionSource stored)
    {
        while (held.TryDequeue(out var message))
        {
            await StoreAsync(attached, message.Sequence, message.Id, message.Payload);
        }

        stored.SetResult();
    }

    private async ValueTask StoreAsync(AttachOutcome serving, long sequence, string id, ReadOnlyMemory<byte> payload)
    {
        var log = serving.Log!;
        switch (await log.AppendAsync(serving.Generation, sequence, id, payload))
        {
            case AppendVerdict.Stored:
                _endpoint.Turns.Wake(log);
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
