using System.Globalization;
using System.Text.Json;
using Airlock.Core;
using Microsoft.AspNetCore.Http;

namespace Airlock.AspNetCore;

/// <summary>An answer before the upgrade: a status and a JSON body with the cause (<c>spec/wire.md</c> §1).</summary>
internal sealed record HttpRefusal(string Cause, string Message)
{
    internal static Task WriteAsync(HttpContext context, CloseReason reason, TimeSpan? retryAfter = null) =>
        WriteAsync(context, reason.HttpStatus, new HttpRefusal(reason.Cause, reason.Summary), retryAfter);

    internal static Task WriteUpgradeRequiredAsync(HttpContext context)
    {
        // HTTP/2 has no such header (RFC 9113 §8.2.2): there a WebSocket starts with CONNECT.
        if (HttpProtocol.IsHttp11(context.Request.Protocol))
        {
            context.Response.Headers.Upgrade = "websocket";
            context.Response.Headers.Connection = "Upgrade";
        }

        return WriteAsync(context, StatusCodes.Status426UpgradeRequired, new HttpRefusal("upgrade_required", "This is a WebSocket endpoint; connect with the sub-protocol " + Protocol.Name + "."), null);
    }

    internal static async Task WriteAsync(HttpContext context, int status, HttpRefusal refusal, TimeSpan? retryAfter)
    {
        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = "application/json";
        response.Headers.CacheControl = "no-store";
        if (retryAfter is { } after)
        {
            response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(after.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }

        if (status == StatusCodes.Status401Unauthorized)
        {
            response.Headers.WWWAuthenticate = "Bearer";
        }

        await response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(refusal, HttpJson.Default.HttpRefusal), context.RequestAborted);
    }
}
