using System.Diagnostics.CodeAnalysis;
using Airlock;
using Airlock.AspNetCore;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps Airlock's endpoints.</summary>
public static class AirlockEndpointRouteBuilderExtensions
{
    /// <summary>Maps a WebSocket endpoint, and <c>POST {path}/ticket</c> beside it, for every path that the pattern has.</summary>
    /// <param name="endpoints">Where to.</param>
    /// <param name="pattern">The path, e.g. <c>/chat</c>.</param>
    /// <param name="handler">
    /// Handles one message. It takes a <see cref="Turn"/>, a <see cref="CancellationToken"/> (the wish to stop), an <see cref="IServiceProvider"/>, values of the route by
    /// the names of its parameters (<c>/rooms/{room}</c>: <c>string room</c>; whatever has a <c>TryParse</c>), and services, which come from a scope that lives as long as
    /// the turn. It returns <see cref="Task"/>, <see cref="ValueTask"/> or nothing; returning commits the turn.
    /// </param>
    /// <param name="options">How the endpoint behaves. Default: <see cref="AirlockOptions.Endpoint"/>.</param>
    /// <returns>For what else is to be said; without <c>AllowAnonymous</c> the user must be known.</returns>
    /// <exception cref="ArgumentException">
    /// The handler takes or returns something else; the message says what is allowed. In a group this may come when the host starts. So does the refusal of a second endpoint for the same paths.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    /// <exception cref="InvalidOperationException"><c>AddAirlock</c> was not called.</exception>
    public static AirlockEndpointConventionBuilder MapAirlock(this IEndpointRouteBuilder endpoints, [StringSyntax("Route")] string pattern, Delegate handler, EndpointOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(pattern);
        ArgumentNullException.ThrowIfNull(handler);
        handler = HandlerSignature.Innermost(handler);
        var socket = new SocketEndpoint(endpoints.ServiceProvider, handler, options);
        // A group's prefix comes before the pattern later, and may have parameters of its own.
        _ = HandlerSignature.Of(handler, endpoints.ServiceProvider, RoutePatternFactory.Parse(pattern), isWhole: endpoints is not RouteGroupBuilder);
        var connect = endpoints.CreateApplicationBuilder()
            .Use(static next => context =>
            {
                WatchedUpgrade.Watch(context);
                return next(context);
            })
            .UseWebSockets(new WebSocketOptions { KeepAliveInterval = Timeout.InfiniteTimeSpan })
            .Use(_ => socket.ConnectAsync)
            .Build();
        var parameters = endpoints.ServiceProvider.GetRequiredService<ParameterPolicyFactory>();
        var builder = new AirlockEndpointConventionBuilder(
            socket,
            [
                endpoints.Map(pattern, connect).WithDisplayName($"Airlock {pattern}").WithMetadata(new DisableRequestTimeoutAttribute(), new SocketMarker()),
                .. TicketRoutes.Of(pattern, parameters).Select(route => endpoints.Map(route, socket.GiveTicketAsync).WithDisplayName($"Airlock {pattern} tickets").WithMetadata(new HttpMethodMetadata([HttpMethods.Post]))),
            ]);
        builder.WithMetadata([.. handler.Method.GetCustomAttributes(inherit: true).Where(static a => a is IAuthorizeData or IAllowAnonymous or IAuthorizationRequirementData)]);
        builder.Finally(socket.Finish);
        return builder;
    }
}
