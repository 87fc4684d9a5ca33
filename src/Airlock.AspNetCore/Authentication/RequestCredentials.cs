using Airlock.Core;
using Microsoft.AspNetCore.Http;

namespace Airlock.AspNetCore;

/// <summary>The credentials that came with a request, the request itself as long as it lasts, and where to. Holds no carrier's secret once <see cref="Take"/> was called.</summary>
internal sealed class RequestCredentials
{
    private readonly Lock _lock = new();
    private CarriedCredentials _carried;
    private HttpContext? _context;

    internal RequestCredentials(HttpContext context, Place place, IEnumerable<string> subProtocols, string? anonymous, Tickets? tickets = null)
    {
        _context = context;
        Place = place;
        Anonymous = anonymous;
        Address = TicketAddress.Of(context, place);
        var request = context.Request;
        var tokens = subProtocols.Where(static p => p.StartsWith(Protocol.TokenPrefix, StringComparison.Ordinal)).Distinct().Take(2).ToList();
        var carried = new CarriedCredentials(
            NullIfEmpty(AuthorizationHidingPolicy.Take(request)),
            tokens.FirstOrDefault()?[Protocol.TokenPrefix.Length..],
            context.Features.Get<HiddenTicket>()?.Value ?? NullIfEmpty(request.Query["ticket"].ToString()),
            NullIfEmpty(request.Headers.Cookie.ToString()))
        {
            HasSeveralSubProtocolTokens = tokens.Count > 1,
        };
        // Used up at once, whatever becomes of the connection: proxies on the way have the address in their logs.
        _carried = carried.Ticket is { } ticket ? carried with { Ticketed = tickets?.Take(Address, ticket) } : carried;
        Carriers = [.. _carried.Names()];
    }

    /// <summary>Where the request goes.</summary>
    internal Place Place { get; }

    /// <summary>Where a ticket counts that is asked for or used here.</summary>
    internal TicketAddress Address { get; }

    /// <summary>Who the user would be whom nothing else names, or null where everybody must be known.</summary>
    internal string? Anonymous { get; }

    /// <summary>Which carriers arrived; names only.</summary>
    internal IReadOnlyList<string> Carriers { get; }

    /// <summary>Hands the secrets over, once.</summary>
    internal CarriedCredentials Take()
    {
        var carried = _carried;
        _carried = default;
        return carried;
    }

    /// <summary>A copy of the request, for one validation (<see cref="RequestCopy"/>).</summary>
    /// <exception cref="OperationCanceledException">The request has ended, and the server may be using its context for another.</exception>
    internal HttpContext Copy(IServiceProvider services, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return RequestCopy.Of(_context ?? throw new OperationCanceledException("The request has ended."), services, cancellationToken);
        }
    }

    /// <summary>Lets go of the request, when it ends.</summary>
    internal void Leave()
    {
        lock (_lock)
        {
            _context = null;
        }
    }

    private static string? NullIfEmpty(string value) => value.Length == 0 ? null : value;
}
