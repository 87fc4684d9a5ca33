using System.Buffers;
using System.Net.WebSockets;
using Airlock.Core;

namespace Airlock;

/// <summary>The only one that reads from the connection's socket. It never stops before the stream ends, so that closes, resets and pongs are always noticed.</summary>
internal sealed class Reader(ConnectionScope scope, Mailbox mailbox, PeerWatch watch, Admission admission, Intake intake, StoreGuard guard)
{
    private const int MessageBytesLeast = 4096;
    // A buffer that grows is copied every time, and the next message is likely as large as the last.
    private int _messageBytes = MessageBytesLeast;
    private long _plainSequence;

    /// <summary>How far the connection is for what comes in. The state may lag: somebody else may be at the mailbox.</summary>
    private ReceptionPhase Phase => mailbox.State >= ConnectionState.Closing ? ReceptionPhase.Ending
        : intake.Serving is not null ? ReceptionPhase.Serving
        : admission.Hello is not null ? ReceptionPhase.Starting
        : ReceptionPhase.BeforeHello;

    /// <summary>Reads until the stream ends or the peer's close comes.</summary>
    internal async Task ReadAsync(WebSocket socket)
    {
        try
        {
            while (true)
            {
                // A read into no memory: nothing is rented for a connection that is silent.
                var first = await socket.ReceiveAsync(Memory<byte>.Empty, CancellationToken.None);
                watch.NoteHeard(isUnfinished: !first.EndOfMessage);
                if (first.MessageType == WebSocketMessageType.Close || !await ReadMessageAsync(socket, first))
                {
                    mailbox.Post(LifecycleEvent.CloseReceived(CloseReason.ClientClosed, watch.CloseCode(socket)));
                    return;
                }

                watch.NoteHeard(isUnfinished: false);
            }
        }
        catch (Exception e) when (e is WebSocketException or IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            mailbox.Post(watch.EndOfStream(isRefused: e is WebSocketException { WebSocketErrorCode: WebSocketError.Faulted }, mailbox.State >= ConnectionState.Closing));
        }
    }

    /// <summary>Reads one message whole and handles it.</summary>
    /// <returns>False if the peer's close came instead.</returns>
    private async ValueTask<bool> ReadMessageAsync(WebSocket socket, ValueWebSocketReceiveResult received)
    {
        var limit = scope.Endpoint.Options.MessageBytesMax;
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
                    mailbox.Post(LifecycleEvent.CloseRequested(CloseReason.MessageTooLarge));
                    isTooLarge = true;
                    length = 0;
                }

                if (!received.EndOfMessage)
                {
                    watch.NoteHeard(isUnfinished: true);
                }
            }

            _messageBytes = Math.Max(MessageBytesLeast, length);
            // The state may lag behind what was posted above: somebody else may be at the mailbox.
            if (isTooLarge || mailbox.State >= ConnectionState.Closing)
            {
                return true;
            }

            if (received.MessageType == WebSocketMessageType.Binary)
            {
                mailbox.Post(LifecycleEvent.CloseRequested(CloseReason.BinaryRefused));
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

    /// <summary>Handles a message. That it does so is known before the store is asked, which may not even give the thread back.</summary>
    private async ValueTask HandleAsync(ReadOnlyMemory<byte> message)
    {
        watch.BeginHandling();
        await guard.GuardAsync(scope.Request.IsPlain ? HandlePlainAsync(message) : HandleMessageAsync(message));
        watch.EndHandling();
    }

    private async ValueTask HandlePlainAsync(ReadOnlyMemory<byte> message)
    {
        _plainSequence++;
        if (await intake.TakeAsync(new EarlyMessage(_plainSequence, $"{scope.Id}-{_plainSequence}", message, null), isResuming: false, acked: null))
        {
            await intake.Serving!.WakeAsync();
        }
    }

    private async ValueTask HandleMessageAsync(ReadOnlyMemory<byte> message)
    {
        var reader = new FrameReader(message, fromServer: false);
        var stored = false;
        try
        {
            // The frames before the first error are good and are handled; the error closes the connection after them.
            while (mailbox.State < ConnectionState.Closing && reader.TryRead(out var frame))
            {
                var meaning = Reception.Of(Phase, frame.Type);
                if (meaning is FrameMeaning.Store or FrameMeaning.Hold)
                {
                    stored |= await intake.TakeAsync(new EarlyMessage(frame.Sequence, frame.Id!, frame.Payload, Spans.Keep(frame.TraceParent)), admission.IsResuming, frame.Acked);
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
                await intake.Serving!.WakeAsync();
            }
        }

        if (reader.Error is { } error && mailbox.State < ConnectionState.Closing)
        {
            mailbox.Post(LifecycleEvent.CloseRequested(error));
        }
    }

    private async ValueTask HandleFrameAsync(FrameMeaning meaning, Frame frame)
    {
        switch (meaning)
        {
            case FrameMeaning.Hello:
                admission.Hear((HelloFrame)frame.Body!);
                break;
            case FrameMeaning.Refresh:
                admission.HearRefresh((RefreshFrame)frame.Body!);
                break;
            case FrameMeaning.Bye:
                // What was held comes first.
                await intake.EarlyStored;
                mailbox.Post(LifecycleEvent.ByeReceived());
                break;
            case FrameMeaning.Acknowledge:
                await intake.AcknowledgeAsync(intake.Serving!, frame.Acked!.Value);
                break;
            case FrameMeaning.Stop:
                await intake.Serving!.StopAsync(frame.Sequence);
                break;
            default:
                if (Reception.CauseOf(meaning) is { } cause)
                {
                    mailbox.Post(LifecycleEvent.CloseRequested(cause));
                }

                break;
        }
    }
}
