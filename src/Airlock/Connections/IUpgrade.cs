using System.Net.WebSockets;
using Airlock.Core;

namespace Airlock;

/// <summary>A request to become a WebSocket that has been neither accepted nor refused. Exactly one of the methods is called, once.</summary>
public interface IUpgrade
{
    /// <summary>Accepts it.</summary>
    /// <param name="subProtocol">The sub-protocol to select; null for none.</param>
    /// <param name="cancellationToken">Cancelled when the connection is given up.</param>
    /// <exception cref="IOException">The client is gone; so with <see cref="OperationCanceledException"/>. Any other exception: the host cannot open it, and the request has been answered with the status and cause of <see cref="CloseReason.UpgradeFailed"/>, or cut off if an answer had begun.</exception>
    /// <returns>The open WebSocket, without keep-alive of its own; only in plain mode, which has no ping, it may keep itself alive. The connection disposes it.</returns>
    ValueTask<WebSocket> AcceptAsync(string? subProtocol, CancellationToken cancellationToken);

    /// <summary>The bytes beneath the accepted WebSocket, if its host lets them be seen; else null, and then silence and ends are told by what the WebSocket says alone.</summary>
    WatchedStream? Bytes => null;

    /// <summary>Refuses it with the reason's HTTP status.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="retryAfter">When to come back, or null.</param>
    /// <exception cref="IOException">The client is gone; so with <see cref="OperationCanceledException"/>. Any other exception: the host cannot write an answer, and the request has been cut off.</exception>
    ValueTask RefuseAsync(CloseReason reason, TimeSpan? retryAfter);
}
