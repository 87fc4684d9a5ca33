using System.Net.WebSockets;
using System.Text;

namespace Airlock.Lab.Hosts;

/// <summary>The same chat as anybody would write it with bare ASP.NET Core: a text message is answered with itself and the user.</summary>
internal static class PlainEndpoint
{
    private const int MessageBytesMax = 4096;

    /// <summary>Serves a request to its end.</summary>
    public static async Task ConnectAsync(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            context.Response.StatusCode = StatusCodes.Status426UpgradeRequired;
            return;
        }

        var user = context.User.FindFirst("sub")?.Value ?? "anonymous";
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        var buffer = new byte[MessageBytesMax];
        try
        {
            while (await socket.ReceiveAsync(buffer.AsMemory(), context.RequestAborted) is { MessageType: WebSocketMessageType.Text, EndOfMessage: true } read)
            {
                await socket.SendAsync(Encoding.UTF8.GetBytes($"{Encoding.UTF8.GetString(buffer, 0, read.Count)} {user}"), WebSocketMessageType.Text, true, context.RequestAborted);
            }

            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, context.RequestAborted);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            // The peer has gone.
        }
    }
}
