using Microsoft.AspNetCore.Builder;

namespace Airlock.AspNetCore;

/// <summary>
/// What can be said about an endpoint after it is mapped. <c>RequireAuthorization</c> and <c>AllowAnonymous</c>, also of a group, count for the connection:
/// its credentials may come as late as its first frame, so the HTTP request itself is never challenged. Without either, the user must be known.
/// </summary>
public sealed class AirlockEndpointConventionBuilder : IEndpointConventionBuilder
{
    private readonly SocketEndpoint _endpoint;
    private readonly IEndpointConventionBuilder[] _builders;

    internal AirlockEndpointConventionBuilder(SocketEndpoint endpoint, params IEndpointConventionBuilder[] builders)
    {
        _endpoint = endpoint;
        _builders = builders;
    }

    /// <summary>Lets pages of other origins connect, besides those of <see cref="AirlockOptions.AllowedOrigins"/>.</summary>
    /// <param name="origins">Scheme and host without a path, e.g. <c>https://app.example.com</c>; <c>*</c> for any.</param>
    /// <exception cref="ArgumentException">One is no origin.</exception>
    public AirlockEndpointConventionBuilder AllowOrigins(params string[] origins)
    {
        ArgumentNullException.ThrowIfNull(origins);
        foreach (var origin in origins)
        {
            if (!Origins.IsOrigin(origin))
            {
                throw new ArgumentException($"'{origin}' is no origin; write scheme and host without a path, e.g. https://app.example.com, or *.", nameof(origins));
            }

            _endpoint.AllowOrigin(origin);
        }

        return this;
    }

    /// <summary>Speaks raw text messages with a client that offers no sub-protocol (<c>spec/wire.md</c> §9): same lifecycle, but its session ends with the connection.</summary>
    public AirlockEndpointConventionBuilder AllowPlain()
    {
        _endpoint.AllowsPlain = true;
        return this;
    }

    /// <inheritdoc/>
    public void Add(Action<EndpointBuilder> convention)
    {
        foreach (var builder in _builders)
        {
            builder.Add(convention);
        }
    }

    /// <inheritdoc/>
    public void Finally(Action<EndpointBuilder> finallyConvention)
    {
        foreach (var builder in _builders)
        {
            builder.Finally(finallyConvention);
        }
    }
}
