using System.Collections.Concurrent;
using Airlock.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Airlock.AspNetCore;

/// <summary>What one call of <c>MapAirlock</c> made: it turns requests into connections of the driver.</summary>
internal sealed class SocketEndpoint
{
    private readonly IServiceProvider _services;
    private readonly AirlockServer _server;
    private readonly AirlockOptions _options;
    private readonly Authenticator _authenticator;
    private readonly Tickets _tickets;
    private readonly AnonymousCookie _anonymous;
    private readonly EndpointOptions _endpointOptions;
    private readonly TurnHandler _handler;
    private readonly ConcurrentDictionary<string, Endpoint> _endpoints = new();
    private readonly List<string> _origins;

    internal SocketEndpoint(IServiceProvider services, Delegate handler, EndpointOptions? options)
    {
        _services = services;
        _server = services.GetService<AirlockServer>() ?? throw new InvalidOperationException("Call services.AddAirlock() before MapAirlock.");
        _options = services.GetRequiredService<IOptions<AirlockOptions>>().Value;
        _authenticator = services.GetRequiredService<Authenticator>();
        _tickets = services.GetRequiredService<Tickets>();
        _anonymous = services.GetRequiredService<AnonymousCookie>();
        _endpointOptions = options ?? _options.Endpoint;
        _endpointOptions.Validate();
        _origins = [.. _options.AllowedOrigins];
        var scopes = services.GetRequiredService<IServiceScopeFactory>();
        var (compiled, takesServices) = HandlerSignature.Compile(handler, services);
        _handler = !takesServices ? (turn, stop) => compiled(turn, services, stop) : async (turn, stop) =>
        {
            await using var scope = scopes.CreateAsyncScope();
            await compiled(turn, scope.ServiceProvider, stop);
        };
    }

    /// <summary>Whether raw text is spoken with a client that offers no sub-protocol.</summary>
    internal bool AllowsPlain { get; set; }

    internal void AllowOrigin(string origin) => _origins.Add(origin);

    /// <summary>The last word on an endpoint's metadata, when groups and conventions have had theirs.</summary>
    internal void Finish(EndpointBuilder builder)
    {
        var path = builder is RouteEndpointBuilder { RoutePattern.RawText: { } text } ? text : builder.DisplayName ?? "";
        var name = builder.Metadata.OfType<TicketMarker>().Any() ? path[..path.LastIndexOf('/')] : path;
        var access = Access.TakeFrom(builder.Metadata);
        access.Check(name, _services);
        builder.Metadata.Add(new Place(_endpoints.GetOrAdd(name, n => _server.AddEndpoint(n, _endpointOptions, _authenticator.AuthenticateAsync, _handler)), access));
    }

    internal Task ConnectAsync(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            return HttpRefusal.WriteUpgradeRequiredAsync(context);
        }

        var place = PlaceOf(context);
        var offered = context.WebSockets.WebSocketRequestedProtocols;
        var isPlain = AllowsPlain && offered.Count == 0;
        var refuse = !new Origins(_origins).Admit(context.Request) ? CloseReason.OriginRefused
            : isPlain || offered.Contains(Protocol.Name) ? null
            : CloseReason.ProtocolUnsupported;
        Action<HttpResponse>? setCookie = null;
        var anonymous = place.Access.AllowsAnonymous && refuse is null ? _anonymous.Subject(context.Request, out setCookie) : null;
        var credentials = new RequestCredentials(context.Request, place.Endpoint.Name, place.Access, offered, anonymous, _tickets);
        // A browser fails a connection that selects nothing of what it offered, so a refusal that it can read selects something.
        var selected = isPlain ? null
            : offered.Contains(Protocol.Name) ? Protocol.Name
            : offered.FirstOrDefault(static p => !p.StartsWith(Protocol.TokenPrefix, StringComparison.Ordinal));
        return place.Endpoint.RunAsync(new ConnectionRequest
        {
            Upgrade = new HttpUpgrade(context, setCookie, isPlain ? (_endpointOptions.Timeouts.Idle, _endpointOptions.Timeouts.Pong) : null),
            Address = ClientAddress.Of(context.Connection.RemoteIpAddress),
            SubProtocol = selected,
            IsPlain = isPlain,
            Refuse = refuse,
            AcceptToRefuse = context.Request.Headers.Origin.Count > 0 && (selected is not null || offered.Count == 0),
            Carriers = credentials.Carriers,
            Credentials = credentials,
        });
    }

    internal Task GiveTicketAsync(HttpContext context)
    {
        var place = PlaceOf(context);
        return new Origins(_origins).Admit(context.Request)
            ? TicketAnswer.WriteAsync(context, new RequestCredentials(context.Request, place.Endpoint.Name, place.Access, [], anonymous: null), _authenticator, _tickets, _options.TicketLifetime)
            : HttpRefusal.WriteAsync(context, CloseReason.OriginRefused);
    }

    private static Place PlaceOf(HttpContext context) => context.GetEndpoint()!.Metadata.GetRequiredMetadata<Place>();

    /// <summary>Marks the endpoint that sockets connect to.</summary>
    internal sealed record SocketMarker;

    /// <summary>Marks the endpoint that gives out tickets.</summary>
    internal sealed record TicketMarker;

    /// <summary>An endpoint of the driver at its final path, and who may come in there.</summary>
    private sealed record Place(Endpoint Endpoint, Access Access);
}
