using System.Net.WebSockets;
using System.Text;
using Airlock.Lab.Subjects;

namespace Airlock.Lab.Tests.Subjects;

/// <summary>A plain endpoint without a fault: it reads when it is ready, and answers one message after the other.</summary>
/// <param name="lookUp">How it finds out who has connected, in place of the straight way; a test's fault.</param>
internal sealed class SoundChat(Func<EndpointLab, string?, Task<string?>>? lookUp = null) : EndpointSubject
{
    public override string Name => "sound-chat";

    protected override SocketEndpoint Start(EndpointLab lab) => async (socket, token) =>
    {
        if (await (lookUp ?? StraightAsync)(lab, token) is not { } user)
        {
            await socket.CloseOutputAsync(WebSocketCloseStatus.PolicyViolation, "unknown token", CancellationToken.None);
            return;
        }

        await SendAsync(socket, "ready");
        while (await ReceiveAsync(socket) is { } message)
        {
            await SendAsync(socket, await lab.AnswerAsync(user, message));
        }

        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "bye", CancellationToken.None);
    };

    private static Task<string?> StraightAsync(EndpointLab lab, string? token) => lab.FindUserAsync(token);

    private static async Task SendAsync(WebSocket socket, string text) => await socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, CancellationToken.None);

    private static async Task<string?> ReceiveAsync(WebSocket socket)
    {
        var buffer = new byte[256];
        var length = 0;
        ValueWebSocketReceiveResult read;
        do
        {
            read = await socket.ReceiveAsync(buffer.AsMemory(length), CancellationToken.None);
            length += read.Count;
        }
        while (!read.EndOfMessage);

        return read.MessageType == WebSocketMessageType.Close ? null : Encoding.UTF8.GetString(buffer, 0, length);
    }
}
