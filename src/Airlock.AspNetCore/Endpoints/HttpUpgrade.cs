using System.Net.WebSockets;
using Airlock.Core;
using Microsoft.AspNetCore.Http;

namespace Airlock.AspNetCore;

/// <summary>A WebSocket request over HTTP/1.1 or HTTP/2, neither accepted nor refused yet.</summary>
/// <param name="context">The request; let go of once it is answered.</param>
/// <param name="setCookie">Adds a cookie to the response that accepts, or null.</param>
/// <param name="plainBeat">For plain mode: how often to ping in the WebSocket layer, and how long to wait for the answer. Null where the driver has beats of its own.</param>
internal sealed class HttpUpgrade(HttpContext context, Action<HttpResponse>? setCookie, (TimeSpan Interval, TimeSpan Timeout)? plainBeat = null) : IUpgrade
{
    private HttpContext? _context = context;

    public WatchedStream? Bytes { get; private set; }

    public async ValueTask<WebSocket> AcceptAsync(string? subProtocol, CancellationToken cancellationToken)
    {
        var context = Take();
        var cookies = context.Response.Headers.SetCookie;
        try
        {
            setCookie?.Invoke(context.Response);
            // Beats are the driver's; those of the WebSocket layer would keep a connection alive that nobody reads.
            var socket = await context.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext
            {
                SubProtocol = subProtocol,
                KeepAliveInterval = plainBeat?.Interval ?? Timeout.InfiniteTimeSpan,
                KeepAliveTimeout = plainBeat?.Timeout ?? Timeout.InfiniteTimeSpan,
            });
            Bytes = context.Features.Get<WatchedUpgrade>()?.Bytes;
            return socket;
        }
        catch (Exception e) when (e is not (IOException or OperationCanceledException))
        {
            if (context.Response.HasStarted)
            {
                // An answer of somebody who stands before this, 200 as likely as not. Whole, it would be taken for one to the handshake, and the client would stop for good.
                context.Abort();
                throw;
            }

            // Else the host would answer 200. Kestrel throws so when it has as many upgraded connections as it may.
            var headers = context.Response.Headers;
            headers.SetCookie = cookies;
            headers.Upgrade = headers.Connection = headers.SecWebSocketAccept = headers.SecWebSocketProtocol = headers.SecWebSocketExtensions = default;
            await HttpRefusal.WriteAsync(context, CloseReason.UpgradeFailed, RetryHints.Soon);
            throw;
        }
    }

    public async ValueTask RefuseAsync(CloseReason reason, TimeSpan? retryAfter)
    {
        var context = Take();
        try
        {
            await HttpRefusal.WriteAsync(context, reason, retryAfter);
        }
        catch (Exception e) when (e is not (IOException or OperationCanceledException))
        {
            context.Abort();
            throw;
        }
    }

    private HttpContext Take() => Interlocked.Exchange(ref _context, null) ?? throw new InvalidOperationException("The request has been answered already.");
}
