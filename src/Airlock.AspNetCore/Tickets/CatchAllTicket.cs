using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Airlock.AspNetCore;

/// <summary>Lets a catch-all take only what ends in <c>/ticket</c>, and holds the rest to the constraints that are the pattern's own.</summary>
internal sealed class CatchAllTicket(IReadOnlyList<IRouteConstraint> constraints) : IRouteConstraint
{
    private const string End = $"/{TicketAddress.Segment}";

    public bool Match(HttpContext? httpContext, IRouter? route, string routeKey, RouteValueDictionary values, RouteDirection routeDirection)
    {
        if (!values.TryGetValue(routeKey, out var value) || value is not string text || !text.EndsWith(End, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        var without = new RouteValueDictionary(values) { [routeKey] = WithoutTicket(text) };
        return constraints.All(constraint => constraint.Match(httpContext, route, routeKey, without, routeDirection));
    }

    /// <summary>What stood before the last segment.</summary>
    internal static object? WithoutTicket(object? value) => value is string text && text.EndsWith(End, StringComparison.OrdinalIgnoreCase) ? text[..^End.Length] : value;
}
