using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Airlock.AspNetCore;

/// <summary>
/// What Airlock's calls have mapped. Two routes that no request can tell apart end in ASP.NET's AmbiguousMatchException, at the first request and for whoever asks; here the second is refused when the
/// endpoints are made, in words.
/// </summary>
internal sealed class MappedRoutes
{
    private readonly ConcurrentDictionary<string, object> _owners = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Takes a route for a call. The host makes its endpoints again and again: a call may take what it has.</summary>
    /// <exception cref="ArgumentException">Another call has it.</exception>
    internal void Take(EndpointBuilder builder, object owner, string call, string advice)
    {
        if (builder is RouteEndpointBuilder { RoutePattern: var pattern, Order: var order }
            && _owners.GetOrAdd($"{order} {string.Join(',', (builder.Metadata.OfType<IHostMetadata>().LastOrDefault()?.Hosts ?? []).Order(StringComparer.OrdinalIgnoreCase))} {ShapeOf(pattern)}", owner) != owner)
        {
            throw new ArgumentException($"{call} has mapped '{pattern.RawText}', or a route that takes the same paths, already: no request could tell them apart. {advice}");
        }
    }

    /// <summary>A pattern without what makes no difference to the paths that it takes: names of parameters, slashes at its ends.</summary>
    private static string ShapeOf(RoutePattern pattern) => string.Join('/', pattern.PathSegments.Select(segment => string.Concat(segment.Parts.Select(part => part switch
    {
        RoutePatternLiteralPart literal => literal.Content,
        RoutePatternSeparatorPart separator => separator.Content,
        RoutePatternParameterPart parameter => $"{{{parameter.ParameterKind}:{string.Join(':', pattern.ParameterPolicies.GetValueOrDefault(parameter.Name, []).Select(static p => p.Content ?? p.ParameterPolicy?.GetType().Name))}}}",
        _ => "",
    }))));
}
