using System.Globalization;
using System.Text.Json;
using Airlock.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Airlock.AspNetCore;

/// <summary>An answer before the upgrade: a status, and the cause in a header and a JSON body (<c>spec/wire.md</c> §1).</summary>
internal static class HttpRefusal
{
    private const string SocketVersion = "13";

    // What ClientWebSocket shows of an answer is its status and headers; without a name a client could not tell this server's word from a proxy's.
    private const string CauseHeader = "Airlock-Cause";

    /// <summary>Refuses with a cause of the catalogue. A 401 needs <paramref name="challenges"/>.</summary>
    internal static Task WriteAsync(HttpContext context, CloseReason reason, TimeSpan? retryAfter = null, StringValues challenges = default) =>
        WriteAsync(context, reason.HttpStatus, new RefusalBody(reason.Cause, reason.Summary), retryAfter, challenges);

    /// <summary>Answers what is no WebSocket request, or one that RFC 6455 §4.2.1 does not let pass.</summary>
    internal static Task WriteNoHandshakeAsync(HttpContext context)
    {
        var request = context.Request;
        var isHttp11 = HttpProtocol.IsHttp11(request.Protocol);
        var isConnect = context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true };
        var asks = isConnect || request.Headers.GetCommaSeparatedValues(HeaderNames.Upgrade).Contains("websocket", StringComparer.OrdinalIgnoreCase);
        var response = context.Response;
        if (asks && !(request.Headers.SecWebSocketVersion is [{ } version] && version.Trim() == SocketVersion))
        {
            // So that a client of another version can try this one (RFC 6455 §4.4).
            response.Headers.SecWebSocketVersion = SocketVersion;
            return WriteAsync(context, StatusCodes.Status426UpgradeRequired, new RefusalBody("version_unsupported", "Sec-WebSocket-Version must be " + SocketVersion + "."), null);
        }

        if (asks)
        {
            return WriteAsync(context, StatusCodes.Status400BadRequest, new RefusalBody("handshake_invalid", "The request asks for a WebSocket and is none: it must be a GET without a body, with Connection: Upgrade and a Sec-WebSocket-Key of 16 bytes in base64; over HTTP/2 a CONNECT with :protocol websocket."), null);
        }

        // HTTP/2 has no such header (RFC 9113 §8.2.2): there a WebSocket starts with CONNECT.
        if (isHttp11)
        {
            response.Headers.Upgrade = "websocket";
            response.Headers.Connection = "Upgrade";
        }

        response.Headers.SecWebSocketVersion = SocketVersion;

        return WriteAsync(context, StatusCodes.Status426UpgradeRequired, new RefusalBody("upgrade_required", "This is a WebSocket endpoint; connect with the sub-protocol " + Protocol.Name + "."), null);
    }

    internal static async Task WriteAsync(HttpContext context, int status, RefusalBody refusal, TimeSpan? retryAfter, StringValues challenges = default)
    {
        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = "application/json";
        response.Headers.CacheControl = "no-store";
        response.Headers[CauseHeader] = refusal.Cause;
        if (retryAfter is { } after)
        {
            response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(after.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }

        if (challenges.Count > 0)
        {
            response.Headers.WWWAuthenticate = challenges;
        }

        await response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(refusal, HttpJson.Default.RefusalBody), context.RequestAborted);
    }
}
