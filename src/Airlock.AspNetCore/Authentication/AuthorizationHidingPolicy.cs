using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Matching;

namespace Airlock.AspNetCore;

/// <summary>Takes the <c>Authorization</c> header out of a request once it is routed to a socket: the connection validates it, as it does every carrier, in a context of its own.</summary>
/// <remarks>
/// Else the authentication middleware validates it first, and what it finds (the token, its claims, its handler) stays in memory as long as the request, which is as long as the connection:
/// twice the work, and several kilobytes for each connection. A middleware that runs before routing still sees the header, and still costs that.
/// </remarks>
internal sealed class AuthorizationHidingPolicy : MatcherPolicy, IEndpointSelectorPolicy
{
    /// <summary>When every other policy has had its say.</summary>
    public override int Order => int.MaxValue;

    public bool AppliesToEndpoints(IReadOnlyList<Microsoft.AspNetCore.Http.Endpoint> endpoints) => endpoints.Any(IsSocket);

    public Task ApplyAsync(HttpContext httpContext, CandidateSet candidates)
    {
        var headers = httpContext.Request.Headers;
        if (headers.Authorization.Count > 0 && Enumerable.Range(0, candidates.Count).Where(candidates.IsValidCandidate).All(i => IsSocket(candidates[i].Endpoint)))
        {
            httpContext.Features.Set(new Hidden(headers.Authorization.ToString()));
            headers.Authorization = default;
        }

        return Task.CompletedTask;
    }

    /// <summary>The header of a request, hidden or not; it is not kept any longer.</summary>
    internal static string Take(HttpRequest request)
    {
        var features = request.HttpContext.Features;
        if (features.Get<Hidden>() is not { } hidden)
        {
            return request.Headers.Authorization.ToString();
        }

        features.Set<Hidden>(null);
        return hidden.Value;
    }

    private static bool IsSocket(Microsoft.AspNetCore.Http.Endpoint endpoint) => endpoint.Metadata.GetMetadata<SocketMarker>() is not null;

    private sealed class Hidden(string value)
    {
        internal string Value => value;
    }
}
