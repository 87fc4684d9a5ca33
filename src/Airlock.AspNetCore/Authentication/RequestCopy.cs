using Airlock.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Primitives;

namespace Airlock.AspNetCore;

/// <summary>A request as schemes and policies see it: a copy, since a connection is authenticated again when its credentials are renewed, and may end while that is going on.</summary>
/// <remarks>
/// Everything is there that a scheme may look at on HTTP (headers, cookies, route values, query, addresses, certificate, session, items, endpoint), but for the carriers of credentials
/// (<c>Authorization</c>, tokens among the sub-protocols, tickets): each of these is validated by itself. Not there: a body, features of the application's own, and a response that anybody reads.
/// </remarks>
internal static class RequestCopy
{
    internal static HttpContext Of(HttpContext from, IServiceProvider services, CancellationToken cancellationToken)
    {
        var to = new DefaultHttpContext { RequestServices = services, RequestAborted = cancellationToken, TraceIdentifier = from.TraceIdentifier };
        var (source, target) = (from.Request, to.Request);
        target.Method = source.Method;
        target.Protocol = source.Protocol;
        target.Scheme = source.Scheme;
        target.Host = source.Host;
        target.PathBase = source.PathBase;
        target.Path = source.Path;
        target.QueryString = source.QueryString;
        foreach (var (name, value) in source.Headers)
        {
            target.Headers[name] = value;
        }

        target.Headers.Authorization = default;
        target.Headers.SecWebSocketProtocol = WithoutTokens(source.Headers.SecWebSocketProtocol);
        target.RouteValues = new RouteValueDictionary(source.RouteValues);
        to.SetEndpoint(from.GetEndpoint());
        foreach (var (key, value) in from.Items)
        {
            to.Items[key] = value;
        }

        var connection = from.Connection;
        to.Features.Set<IHttpConnectionFeature>(new HttpConnectionFeature
        {
            ConnectionId = connection.Id,
            RemoteIpAddress = connection.RemoteIpAddress,
            RemotePort = connection.RemotePort,
            LocalIpAddress = connection.LocalIpAddress,
            LocalPort = connection.LocalPort,
        });
        if (from.Features.Get<ITlsConnectionFeature>() is { } tls)
        {
            to.Features.Set<ITlsConnectionFeature>(new TlsConnectionFeature { ClientCertificate = tls.ClientCertificate });
        }

        // Kept by its middleware until the request ends; what is written there meanwhile is saved then.
        if (from.Features.Get<ISessionFeature>() is { } session)
        {
            to.Features.Set(session);
        }

        return to;
    }

    private static StringValues WithoutTokens(StringValues protocols)
    {
        if (!protocols.Any(static p => p is not null && p.Contains(Protocol.TokenPrefix, StringComparison.Ordinal)))
        {
            return protocols;
        }

        var kept = protocols.SelectMany(static p => (p ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).Where(static p => !p.StartsWith(Protocol.TokenPrefix, StringComparison.Ordinal));
        return string.Join(", ", kept);
    }
}
