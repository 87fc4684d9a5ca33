using System.Net.WebSockets;
using System.Text;

namespace Airlock.Lab.Subjects.Production;

/// <summary>A client's end of a connection. What a scenario says in the client's name goes out between the client's own messages; a sign of life that the client is not to give stays here.</summary>
/// <param name="socket">The end itself.</param>
/// <param name="answersPings">Whether the client gives signs of life.</param>
internal sealed class ClientSocket(WebSocket socket, Func<bool> answersPings) : WebSocket
{
    private Task _sent = Task.CompletedTask;

    public override WebSocketCloseStatus? CloseStatus => socket.CloseStatus;

    public override string? CloseStatusDescription => socket.CloseStatusDescription;

    public override string? SubProtocol => socket.SubProtocol;

    public override WebSocketState State => socket.State;

    /// <summary>Says something in the client's name.</summary>
    public async Task SayAsync(string message)
    {
        try
        {
            await AfterAsync(_sent, () => socket.SendAsync(Encoding.UTF8.GetBytes(message), WebSocketMessageType.Text, WebSocketMessageFlags.EndOfMessage, CancellationToken.None).AsTask());
        }
        catch (Exception e) when (IsEnd(e))
        {
            // The client's reader finds out.
        }
    }

    public override void Abort() => socket.Abort();

    public override Task CloseAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken) =>
        AfterAsync(_sent, () => socket.CloseAsync(closeStatus, statusDescription, cancellationToken));

    public override Task CloseOutputAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken) =>
        AfterAsync(_sent, () => socket.CloseOutputAsync(closeStatus, statusDescription, cancellationToken));

    public override void Dispose() => socket.Dispose();

    public override ValueTask<ValueWebSocketReceiveResult> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken) => socket.ReceiveAsync(buffer, cancellationToken);

    public override Task<WebSocketReceiveResult> ReceiveAsync(ArraySegment<byte> buffer, CancellationToken cancellationToken) => socket.ReceiveAsync(buffer, cancellationToken);

    public override ValueTask SendAsync(ReadOnlyMemory<byte> buffer, WebSocketMessageType messageType, WebSocketMessageFlags messageFlags, CancellationToken cancellationToken) =>
        !answersPings() && buffer.Span.SequenceEqual("""{"t":"pong"}"""u8) ? ValueTask.CompletedTask
        : new(AfterAsync(_sent, () => socket.SendAsync(buffer, messageType, messageFlags, cancellationToken).AsTask()));

    public override ValueTask SendAsync(ReadOnlyMemory<byte> buffer, WebSocketMessageType messageType, bool endOfMessage, CancellationToken cancellationToken) =>
        SendAsync(buffer, messageType, endOfMessage ? WebSocketMessageFlags.EndOfMessage : WebSocketMessageFlags.None, cancellationToken);

    public override Task SendAsync(ArraySegment<byte> buffer, WebSocketMessageType messageType, bool endOfMessage, CancellationToken cancellationToken) =>
        SendAsync((ReadOnlyMemory<byte>)buffer, messageType, endOfMessage, cancellationToken).AsTask();

    private static bool IsEnd(Exception e) => e is WebSocketException or IOException or InvalidOperationException or OperationCanceledException;

    /// <summary>A WebSocket sends one thing after another; the platform's takes a second at once to the thread pool.</summary>
    private Task AfterAsync(Task before, Func<Task> send)
    {
        return _sent = before.IsCompleted ? send() : WaitAsync();

        async Task WaitAsync()
        {
            try
            {
                await before;
            }
            catch (Exception e) when (IsEnd(e))
            {
                // Who sent it knows.
            }

            await send();
        }
    }
}
