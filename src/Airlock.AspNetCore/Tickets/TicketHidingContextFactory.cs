using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;

namespace Airlock.AspNetCore;

/// <summary>Takes tickets out of the query before the host writes its first line about a request ("Request starting …" has the whole query).</summary>
/// <remarks>The host makes the context before it logs, so this is the earliest place that does not depend on the server. Only values of the form of our own tickets are touched, on any path.</remarks>
internal sealed class TicketHidingContextFactory(IServiceProvider services) : IHttpContextFactory
{
    private readonly DefaultHttpContextFactory _factory = new(services);

    public HttpContext Create(IFeatureCollection featureCollection)
    {
        if (featureCollection.Get<IHttpRequestFeature>() is { QueryString.Length: > 0 } request && Split(request.QueryString) is var (query, ticket))
        {
            request.RawTarget = string.Concat(request.RawTarget.AsSpan(0, Math.Max(0, request.RawTarget.IndexOf('?', StringComparison.Ordinal))), query);
            request.QueryString = query;
            featureCollection.Set(new HiddenTicket(ticket));
        }

        return _factory.Create(featureCollection);
    }

    public void Dispose(HttpContext httpContext) => _factory.Dispose(httpContext);

    /// <summary>The query without tickets, and the first of them; null if there is none.</summary>
    internal static (string Query, string Ticket)? Split(string query)
    {
        string? ticket = null;
        var rest = new StringBuilder();
        foreach (var pair in new QueryStringEnumerable(query))
        {
            var value = pair.DecodeValue();
            if (value.Span.StartsWith(Tickets.Prefix, StringComparison.Ordinal))
            {
                ticket ??= value.ToString();
            }
            else
            {
                rest.Append(rest.Length == 0 ? '?' : '&').Append(pair.EncodedName).Append(pair.EncodedValue.IsEmpty ? "" : "=").Append(pair.EncodedValue);
            }
        }

        return ticket is null ? null : (rest.ToString(), ticket);
    }
}
