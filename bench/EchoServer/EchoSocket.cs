using System.Buffers;
using System.Collections.Concurrent;
using System.Net.WebSockets;

namespace EchoServer;

/// <summary>The bare WebSocket endpoint. Between messages it holds no buffer, so that an idle connection costs what Kestrel costs.</summary>
internal static class EchoSocket
{
    private static readonly ConcurrentDictionary<WebSocket, byte> _subscribers = new();

    /// <summary>Sends every message back.</summary>
    public static Task EchoAsync(HttpContext context) =>
        RunAsync(context, static (socket, message) => socket.SendAsync(message, WebSocketMessageType.Text, WebSocketMessageFlags.EndOfMessage, CancellationToken.None));

    /// <summary>Sends every message to everybody who is connected here.</summary>
    public static Task BroadcastAsync(HttpContext context) => RunAsync(context, SendToAllAsync);

    private static async ValueTask SendToAllAsync(WebSocket socket, ReadOnlyMemory<byte> message)
    {
        if (_subscribers.TryAdd(socket, 0))
        {
            // The first message only says that somebody is here.
            await socket.SendAsync(message, WebSocketMessageType.Text, WebSocketMessageFlags.EndOfMessage, CancellationToken.None);
            return;
        }

        foreach (var (subscriber, _) in _subscribers)
        {
            await subscriber.SendAsync(message, WebSocketMessageType.Text, WebSocketMessageFlags.EndOfMessage, CancellationToken.None);
        }
    }

    private static async Task RunAsync(HttpContext context, Func<WebSocket, ReadOnlyMemory<byte>, ValueTask> answer)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            context.Response.StatusCode = StatusCodes.Status426UpgradeRequired;
            return;
        }

        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        try
        {
            while (true)
            {
                var first = await socket.ReceiveAsync(Memory<byte>.Empty, CancellationToken.None);
                if (first.MessageType == WebSocketMessageType.Close || !await AnswerAsync(socket, answer))
                {
                    await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
                    return;
                }
            }
        }
        catch (WebSocketException)
        {
            // The peer is gone.
        }
        finally
        {
            _subscribers.TryRemove(socket, out _);
        }
    }

    private static async ValueTask<bool> AnswerAsync(WebSocket socket, Func<WebSocket, ReadOnlyMemory<byte>, ValueTask> answer)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(8192);
        try
        {
            var received = await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
            if (received.MessageType == WebSocketMessageType.Close)
            {
                return false;
            }

            await answer(socket, buffer.AsMemory(0, received.Count));
            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
