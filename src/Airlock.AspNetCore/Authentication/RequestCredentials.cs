using Airlock.Core;
using Microsoft.AspNetCore.Http;

namespace Airlock.AspNetCore;

/// <summary>The credentials that came with a request, and where to. Holds no <see cref="HttpContext"/>, and no secret once <see cref="Take"/> was called.</summary>
internal sealed class RequestCredentials
{
    private CarriedCredentials _carried;

    internal RequestCredentials(HttpRequest request, string endpoint, Access access, IEnumerable<string> subProtocols, string? anonymous, Tickets? tickets = null)
    {
        Endpoint = endpoint;
        Access = access;
        Anonymous = anonymous;
        Scheme = request.Scheme;
        Host = request.Host;
        PathBase = request.PathBase;
        Path = request.Path;
        var carried = new CarriedCredentials(
            NullIfEmpty(AuthorizationHidingPolicy.Take(request)),
            subProtocols.FirstOrDefault(static p => p.StartsWith(Protocol.TokenPrefix, StringComparison.Ordinal))?[Protocol.TokenPrefix.Length..],
            request.HttpContext.Features.Get<HiddenTicket>()?.Value ?? NullIfEmpty(request.Query["ticket"].ToString()),
            NullIfEmpty(request.Headers.Cookie.ToString()));
        // Used up at once, whatever becomes of the connection: proxies on the way have the address in their logs.
        _carried = carried.Ticket is { } ticket ? carried with { Ticketed = tickets?.Take(endpoint, ticket) } : carried;
        Carriers = [.. _carried.Names()];
    }

    /// <summary>The name of the endpoint; a ticket counts at one only.</summary>
    internal string Endpoint { get; }

    internal Access Access { get; }

    /// <summary>The subject of a user who stays unknown, or null where that is not allowed.</summary>
    internal string? Anonymous { get; }

    internal string Scheme { get; }

    internal HostString Host { get; }

    internal PathString PathBase { get; }

    internal PathString Path { get; }

    /// <summary>Which carriers arrived; names only.</summary>
    internal IReadOnlyList<string> Carriers { get; }

    /// <summary>Hands the secrets over, once.</summary>
    internal CarriedCredentials Take()
    {
        var carried = _carried;
        _carried = default;
        return carried;
    }

    private static string? NullIfEmpty(string value) => value.Length == 0 ? null : value;
}
