using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Airlock.AspNetCore;

/// <summary>Where a ticket counts: at the endpoint it was asked for, by the endpoint's identity and not by how its path is written, and for the same route values.</summary>
/// <remarks>The route values are part of it because schemes may depend on them: who is known to one tenant is not known to another.</remarks>
internal readonly record struct TicketAddress(object Endpoint, string Values)
{
    internal const string Segment = "ticket";

    /// <summary>The address of a request to an endpoint's socket, or to its tickets.</summary>
    internal static TicketAddress Of(HttpContext context, Place place)
    {
        var values = context.Request.RouteValues;
        if (values.Count == 0)
        {
            return new TicketAddress(place.Endpoint, "");
        }

        // As routing compares literals: without regard to case, and to a slash at the end. Lengths keep one value's text from looking like two.
        return new TicketAddress(place.Endpoint, string.Concat(values
            .Select(static v => (Name: v.Key.ToUpperInvariant(), Value: Convert.ToString(v.Value, CultureInfo.InvariantCulture)?.TrimEnd('/').ToUpperInvariant() ?? ""))
            .Where(static v => v.Value.Length > 0)
            .OrderBy(static v => v.Name, StringComparer.Ordinal)
            .Select(static v => $"{v.Name.Length}:{v.Name}={v.Value.Length}:{v.Value};")));
    }
}
