using System.Net;
using System.Net.WebSockets;
using Airlock.Core;

namespace Airlock.Client;

/// <summary>Opens the WebSocket of one connection, or tells why it did not open. It runs as foreign code does: the application's handlers are in it.</summary>
/// <param name="options">The client's options.</param>
/// <param name="cookies">What servers have set.</param>
/// <param name="hasSession">Whether there is a session to resume.</param>
/// <param name="offer">The credentials.</param>
internal sealed class Opening(AirlockClientOptions options, CookieContainer cookies, bool hasSession, Offer offer)
{
    public async Task<(WebSocket? Socket, Ending? Why)> OpenAsync(WebSocketRequest request, CancellationToken cancellation)
    {
        var (socket, why) = options.WebSocketFactory is { } factory ? await MakeAsync(factory, request, cancellation) : await ConnectAsync(request, cancellation);
        if (socket is null)
        {
            return (null, why);
        }

        try
        {
            if (socket.SubProtocol == Protocol.Name)
            {
                return (socket, null);
            }

            why = Ending.Violated($"The server did not select the sub-protocol {Protocol.Name}.");
        }
        catch (Exception origin)
        {
            // A foreign WebSocket may throw where it is only looked at.
            why = Ending.Unreached(origin);
        }

        Discard(socket);
        return (null, why);
    }

    private async Task<(WebSocket?, Ending?)> MakeAsync(Func<WebSocketRequest, CancellationToken, Task<WebSocket>> factory, WebSocketRequest request, CancellationToken cancellation)
    {
        try
        {
            return await factory(request, cancellation) is { } socket
                ? (socket, null)
                : (null, Ending.Misconfigured(new ArgumentException("WebSocketFactory gave null; it gives a WebSocket that is open, or throws."), offer.Secret));
        }
        catch (Exception origin) when (origin is ArgumentException or NotSupportedException or FormatException)
        {
            return (null, Ending.Misconfigured(origin, offer.Secret));
        }
        catch (HttpRequestException refusal) when (refusal.StatusCode is { } status)
        {
            return (null, new HttpAnswer((int)status).ToEnding(hasSession, refusal));
        }
        catch (Exception origin)
        {
            // The application's code: anything may come out of it, and most of it passes.
            return (null, Ending.Unreached(origin));
        }
    }

    private async Task<(WebSocket?, Ending?)> ConnectAsync(WebSocketRequest request, CancellationToken cancellation)
    {
        ClientWebSocket? socket = null;
        try
        {
            socket = new ClientWebSocket();
            Configure(socket.Options, request);
        }
        catch (Exception origin)
        {
            socket?.Dispose();
            return (null, Ending.Misconfigured(origin, offer.Secret));
        }

        // Disposing it does not affect the stream of an open WebSocket.
        using var undirected = IsPlain ? new HttpMessageInvoker(new SocketsHttpHandler { AllowAutoRedirect = false, CookieContainer = cookies }) : null;
        try
        {
            await socket.ConnectAsync(request.Address, options.HttpInvoker ?? undirected, cancellation);
            socket.HttpResponseHeaders = null;
            return (socket, null);
        }
        catch (Exception origin)
        {
            var why = WhyNot(socket, origin);
            socket.Dispose();
            return (null, why);
        }
    }

    /// <summary>
    /// Whether the application has nothing to say about the WebSocket. The platform's own handler would go where an answer redirects it, with a token among the sub-protocols; no browser does
    /// that. Beside an invoker of this client's the application's settings (a proxy, certificates) would be refused.
    /// </summary>
    private bool IsPlain => options.HttpInvoker is null && options.ConfigureWebSocket is null;

    private void Configure(ClientWebSocketOptions socket, WebSocketRequest request)
    {
        options.ConfigureWebSocket?.Invoke(socket);
        if (options.HttpInvoker is null && !IsPlain)
        {
            // An anonymous user is known again by a cookie; without it every connection would be somebody else's.
            socket.Cookies ??= cookies;
        }

        socket.KeepAliveInterval = Timeout.InfiniteTimeSpan;
        socket.CollectHttpResponseDetails = true;
        foreach (var subProtocol in request.SubProtocols)
        {
            socket.AddSubProtocol(subProtocol);
        }

        foreach (var (name, value) in request.Headers)
        {
            socket.SetRequestHeader(name, value);
        }
    }

    private Ending WhyNot(ClientWebSocket socket, Exception origin)
    {
        if (origin is WebSocketException { WebSocketErrorCode: WebSocketError.UnsupportedProtocol })
        {
            // The exception's text quotes what was offered, and that may be a token.
            return Ending.Violated("The server selected a sub-protocol that was not offered.");
        }

        if ((int)socket.HttpStatusCode is var status && status is not (0 or 101))
        {
            return HttpAnswer.Of(status, socket.HttpResponseHeaders).ToEnding(hasSession, origin);
        }

        // What the platform or a handler calls wrong, before anything was sent, is as wrong at the next attempt. The platform's own refusal of a request, such as a header
        // that is not ASCII, has nothing behind it.
        var why = origin is WebSocketException { InnerException: { } inner } ? inner : origin;
        var isOwnWord = options.HttpInvoker is null && why is HttpRequestException { HttpRequestError: HttpRequestError.Unknown, InnerException: null };
        return isOwnWord || why is ArgumentException or NotSupportedException or InvalidOperationException or FormatException
            ? Ending.Misconfigured(why, offer.Secret)
            : Ending.Unreached(origin);
    }

    private void Discard(WebSocket socket) => options.Spawner.Run(() =>
    {
        socket.Abort();
        socket.Dispose();
    });
}
