using System.Net.WebSockets;

namespace Airlock.Client.Tests.Reference;

/// <summary>A WebSocket that never comes back from anything, not even from being aborted or disposed.</summary>
/// <param name="end">Lets the threads go that it keeps.</param>
internal sealed class DeafSocket(ManualResetEventSlim end) : WebSocket
{
    private readonly TaskCompletionSource _never = new();

    public TaskCompletionSource Entered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public override WebSocketCloseStatus? CloseStatus => null;

    public override string? CloseStatusDescription => null;

    public override WebSocketState State => WebSocketState.Open;

    public override string? SubProtocol => "airlock.v1";

    public override void Abort() => end.Wait(TestContext.Current.CancellationToken);

    public override Task CloseAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken) => _never.Task;

    public override Task CloseOutputAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken) => _never.Task;

    public override void Dispose() => end.Wait(TestContext.Current.CancellationToken);

    public override async Task<WebSocketReceiveResult> ReceiveAsync(ArraySegment<byte> buffer, CancellationToken cancellationToken)
    {
        Entered.TrySetResult();
        await _never.Task;
        throw new WebSocketException(WebSocketError.InvalidState);
    }

    public override Task SendAsync(ArraySegment<byte> buffer, WebSocketMessageType messageType, bool endOfMessage, CancellationToken cancellationToken) => _never.Task;
}
