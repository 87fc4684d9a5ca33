using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Airlock.AspNetCore;

/// <summary>The routes of the tickets of a socket: whatever its address is, with <c>/ticket</c> behind it.</summary>
/// <remarks>
/// Routing knows an optional segment only at the end, and a catch-all nowhere else: so there is a route for each number of segments that an address may end with,
/// and a catch-all takes the last word in, by a constraint, to give it back (<see cref="Restore"/>).
/// </remarks>
internal static class TicketRoutes
{
    /// <summary>The routes.</summary>
    /// <param name="pattern">The socket's pattern.</param>
    /// <param name="parameters">Makes the constraints that are written in it.</param>
    internal static IEnumerable<RoutePattern> Of(string pattern, ParameterPolicyFactory parameters)
    {
        var socket = RoutePatternFactory.Parse(pattern);
        var segments = socket.PathSegments;
        for (var count = segments.Count; ; count--)
        {
            var last = count > 0 && segments[count - 1] is { IsSimple: true } simple ? simple.Parts[0] as RoutePatternParameterPart : null;
            yield return last is { IsCatchAll: true } all
                ? New(socket, [.. segments.Take(count - 1).Select(Required), RoutePatternFactory.Segment(TakingTicket(all, parameters))])
                : New(socket, [.. segments.Take(count).Select(Required), RoutePatternFactory.Segment(RoutePatternFactory.LiteralPart(TicketAddress.Segment))]);
            if (last is null || !(last.IsOptional || last.IsCatchAll || socket.Defaults.ContainsKey(last.Name)))
            {
                yield break;
            }
        }
    }

    /// <summary>Gives a request for a ticket the route values that a request of the socket would have.</summary>
    internal static void Restore(HttpContext context)
    {
        var values = context.Request.RouteValues;
        if (context.GetEndpoint() is RouteEndpoint { RoutePattern.PathSegments: [.., { IsSimple: true } last] } && last.Parts[0] is RoutePatternParameterPart { IsCatchAll: true, Name: var name })
        {
            values[name] = CatchAllTicket.WithoutTicket(values[name]);
        }
    }

    private static RoutePattern New(RoutePattern socket, RoutePatternPathSegment[] segments)
    {
        var named = segments.SelectMany(static s => s.Parts).OfType<RoutePatternParameterPart>().Select(static p => p.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        // What an address leaves out has its default all the same.
        var defaults = new RouteValueDictionary(socket.Defaults.Where(d => !named.Contains(d.Key)).Select(static d => KeyValuePair.Create(d.Key, d.Value)));
        return RoutePatternFactory.Pattern($"{socket.RawText?.TrimEnd('/')}/{TicketAddress.Segment}", defaults, parameterPolicies: null, segments);
    }

    /// <summary>A segment that is not the last any more: there it must be.</summary>
    private static RoutePatternPathSegment Required(RoutePatternPathSegment segment) =>
        segment.IsSimple && segment.Parts[0] is RoutePatternParameterPart part
            ? RoutePatternFactory.Segment(RoutePatternFactory.ParameterPart(part.Name, @default: null, RoutePatternParameterKind.Standard, part.ParameterPolicies))
            : segment;

    private static RoutePatternParameterPart TakingTicket(RoutePatternParameterPart all, ParameterPolicyFactory parameters)
    {
        var constraints = all.ParameterPolicies.Select(policy => parameters.Create(all, policy)).OfType<IRouteConstraint>().ToList();
        return RoutePatternFactory.ParameterPart(all.Name, @default: null, RoutePatternParameterKind.CatchAll, RoutePatternFactory.ParameterPolicy(new CatchAllTicket(constraints)));
    }
}
