using System.Net.WebSockets;
using Airlock.Core;

namespace Airlock.Tests.Harness;

/// <summary>A request whose accept a test can hold back or let fail.</summary>
internal sealed class TestUpgrade(Stream server) : IUpgrade
{
    /// <summary>What the accept waits for.</summary>
    public Task Accepting { get; init; } = Task.CompletedTask;

    public TaskCompletionSource AcceptAsked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public (CloseReason Reason, TimeSpan? RetryAfter)? Refused { get; private set; }

    public string? SubProtocol { get; private set; }

    /// <summary>Whether the bytes beneath the WebSocket are seen, as on Kestrel; else as on a host that shows none.</summary>
    public bool IsWatched { get; init; } = true;

    public WatchedStream? Bytes { get; private set; }

    public async ValueTask<WebSocket> AcceptAsync(string? subProtocol, CancellationToken cancellationToken)
    {
        SubProtocol = subProtocol;
        AcceptAsked.SetResult();
        await Accepting;
        Bytes = IsWatched ? new WatchedStream(server) : null;
        return WebSocket.CreateFromStream(Bytes ?? server, new WebSocketCreationOptions { IsServer = true, SubProtocol = subProtocol, KeepAliveInterval = TimeSpan.Zero });
    }

    public ValueTask RefuseAsync(CloseReason reason, TimeSpan? retryAfter)
    {
        Refused = (reason, retryAfter);
        return ValueTask.CompletedTask;
    }
}
