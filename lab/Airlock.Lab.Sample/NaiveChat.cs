using System.Net.WebSockets;
using System.Text;

namespace Airlock.Lab.Sample;

/// <summary>A chat endpoint as one writes it in an afternoon. What comes before it knows the user waits in a queue. It has a leak and a race.</summary>
/// <param name="findUser">Finds out whose token it is.</param>
/// <param name="answer">Answers a message of a user.</param>
public sealed class NaiveChat(Func<string?, Task<string?>> findUser, Func<string, string, Task<string>> answer)
{
    private string _user = "";

    public async Task ServeAsync(WebSocket socket, string? token)
    {
        var early = new Queue<string>();
        var isReady = false;
        var reading = ReadAsync();

        if (await findUser(token) is not { } found)
        {
            await socket.CloseOutputAsync(WebSocketCloseStatus.PolicyViolation, "unknown token", CancellationToken.None);
            await reading;
            return;
        }

        _user = found;
        await SendAsync("ready");
        foreach (var message in early.ToArray())
        {
            await AnswerAsync(message);
        }

        isReady = true;
        await reading;
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "bye", CancellationToken.None);

        async Task ReadAsync()
        {
            var buffer = new byte[4096];
            while (await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None) is { MessageType: WebSocketMessageType.Text } read)
            {
                var message = Encoding.UTF8.GetString(buffer, 0, read.Count);
                if (isReady)
                {
                    await AnswerAsync(message);
                }
                else
                {
                    early.Enqueue(message);
                }
            }
        }

        async Task AnswerAsync(string message) => await SendAsync(await answer(_user, message));

        Task SendAsync(string text) => socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, CancellationToken.None);
    }
}
