using System.Collections.ObjectModel;
using System.Globalization;
using Airlock.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Airlock.AspNetCore;

/// <summary>What one call of <c>MapAirlock</c> made: it turns requests into connections of the driver.</summary>
internal sealed partial class SocketEndpoint
{
    // What a client marks the request with by which it finds out whether its sub-protocol was stripped (spec/wire.md §1).
    private const string ProbeName = "airlock-probe";
    private const string ProbeValue = "1";

    private readonly IServiceProvider _services;
    private readonly AirlockServer _server;
    private readonly AirlockOptions _options;
    private readonly Authenticator _authenticator;
    private readonly Tickets _tickets;
    private readonly AnonymousUsers _anonymous;
    private readonly EndpointOptions _endpointOptions;
    private readonly Delegate _handler;
    private readonly ILogger _logger;
    private readonly MappedRoutes _mapped;
    private readonly Lock _lock = new();
    private Endpoint? _endpoint;
    private IReadOnlyList<RouteArgument> _routes = [];
    private readonly List<string> _origins;

    internal SocketEndpoint(IServiceProvider services, Delegate handler, EndpointOptions? options)
    {
        _services = services;
        _server = services.GetService<AirlockServer>() ?? throw new InvalidOperationException("Call services.AddAirlock() before MapAirlock.");
        _options = services.GetRequiredService<IOptions<AirlockOptions>>().Value;
        _authenticator = services.GetRequiredService<Authenticator>();
        _tickets = services.GetRequiredService<Tickets>();
        _anonymous = services.GetRequiredService<AnonymousUsers>();
        _endpointOptions = options ?? _options.Endpoint;
        _endpointOptions.Validate();
        _origins = [.. _options.AllowedOrigins];
        _handler = handler;
        _mapped = services.GetRequiredService<MappedRoutes>();
        _logger = services.GetRequiredService<ILoggerFactory>().CreateLogger<SocketEndpoint>();
    }

    /// <summary>Whether raw text is spoken with a client that offers no sub-protocol.</summary>
    internal bool AllowsPlain { get; set; }

    internal void AllowOrigin(string origin) => _origins.Add(origin);

    /// <summary>The last word on an endpoint's metadata, when groups and conventions have had theirs.</summary>
    internal void Finish(EndpointBuilder builder)
    {
        var path = builder is RouteEndpointBuilder { RoutePattern.RawText: { } text } ? text : builder.DisplayName ?? "";
        // The same path may be mapped for several hosts.
        var hosts = builder.Metadata.OfType<IHostMetadata>().LastOrDefault()?.Hosts ?? [];
        var name = $"{string.Join(',', hosts)}{path}";
        var access = Access.TakeFrom(builder.Metadata);
        access.Check(name, _services);
        lock (_lock)
        {
            if (_endpoint is null)
            {
                // One for the socket, which is built first, and its tickets; the host asks for its endpoints again and again.
                var signature = HandlerSignature.Of(_handler, _services, ((RouteEndpointBuilder)builder).RoutePattern);
                _endpoint = _server.AddEndpoint(name, _endpointOptions, _authenticator.AuthenticateAsync, HandlerOf(signature));
                _routes = signature.Routes;
            }
        }

        if (builder.Metadata.OfType<SocketMarker>().Any())
        {
            _mapped.Take(builder, this, "MapAirlock", "Map it once, or give each a path of its own.");
        }
        else
        {
            // A name is one endpoint's: the socket's, whose address it gives.
            foreach (var its in builder.Metadata.Where(static m => m is IEndpointNameMetadata or IRouteNameMetadata).ToList())
            {
                builder.Metadata.Remove(its);
            }
        }

        builder.Metadata.Add(new Place(_endpoint, access, _routes));
    }

    private TurnHandler HandlerOf(HandlerSignature signature)
    {
        var handle = signature.Handle;
        if (!signature.TakesServices)
        {
            return (turn, stop) => handle(turn, _services, stop);
        }

        var scopes = _services.GetRequiredService<IServiceScopeFactory>();
        return async (turn, stop) =>
        {
            await using var scope = scopes.CreateAsyncScope();
            await handle(turn, scope.ServiceProvider, stop);
        };
    }

    internal async Task ConnectAsync(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            await HttpRefusal.WriteNoHandshakeAsync(context);
            return;
        }

        var place = PlaceOf(context);
        var route = RouteOf(context);
        if (place.Routes.FirstOrDefault(r => !r.Accepts(route)) is { } wrong)
        {
            await RefusePlaceAsync(context, wrong);
            return;
        }

        var offered = context.WebSockets.WebSocketRequestedProtocols;
        var isPlain = AllowsPlain && offered.Count == 0;
        var refuse = !new Origins(_origins).Admit(context.Request) ? CloseReason.OriginRefused
            : isPlain || offered.Contains(Protocol.Name) ? null
            : CloseReason.ProtocolUnsupported;
        Action<HttpResponse>? setCookie = null;
        var anonymous = place.Access.AllowsAnonymous && refuse is null ? _anonymous.Propose(context.Request, out setCookie) : null;
        var credentials = new RequestCredentials(context, place, offered, anonymous, _tickets);
        // A browser fails a connection that selects nothing of what it offered, so a refusal that it can read selects something.
        var selected = isPlain ? null
            : offered.Contains(Protocol.Name) ? Protocol.Name
            : offered.FirstOrDefault(static p => !p.StartsWith(Protocol.TokenPrefix, StringComparison.Ordinal));
        try
        {
            await place.Endpoint.RunAsync(new ConnectionRequest
            {
                Upgrade = new HttpUpgrade(context, setCookie, isPlain ? (_endpointOptions.Timeouts.Idle, _endpointOptions.Timeouts.Pong) : null),
                Route = route,
                Address = ClientAddress.Of(context.Connection.RemoteIpAddress),
                SubProtocol = selected,
                IsPlain = isPlain,
                Refuse = refuse,
                IsProbe = refuse == CloseReason.ProtocolUnsupported && offered.Count == 0 && context.Request.Query[ProbeName] == ProbeValue,
                AcceptToRefuse = context.Request.Headers.Origin.Count > 0 && (selected is not null || offered.Count == 0),
                Carriers = credentials.Carriers,
                Credentials = credentials,
            });
        }
        finally
        {
            // The server may use the context for another request now.
            credentials.Leave();
        }
    }

    internal Task GiveTicketAsync(HttpContext context)
    {
        TicketRoutes.Restore(context);
        var place = PlaceOf(context);
        var route = RouteOf(context);
        return place.Routes.FirstOrDefault(r => !r.Accepts(route)) is { } wrong ? RefusePlaceAsync(context, wrong)
            : new Origins(_origins).Admit(context.Request) ? TicketAnswer.WriteAsync(context, new RequestCredentials(context, place, [], anonymous: null), _authenticator, _tickets, _options.TicketLifetime)
            : HttpRefusal.WriteAsync(context, CloseReason.OriginRefused);
    }

    /// <summary>As a constraint in the pattern would have it: there is no such place.</summary>
    private Task RefusePlaceAsync(HttpContext context, RouteArgument wrong)
    {
        PlaceRefused(_logger, wrong.Name, PlaceOf(context).Endpoint.Name);
        var refusal = new RefusalBody("route_invalid", $"The path's value '{wrong.Name}' is missing, or is not of the kind that this endpoint takes.");
        return HttpRefusal.WriteAsync(context, StatusCodes.Status404NotFound, refusal, retryAfter: null);
    }

    private static IReadOnlyDictionary<string, string> RouteOf(HttpContext context)
    {
        var values = context.Request.RouteValues;
        return values.Count == 0 ? ReadOnlyDictionary<string, string>.Empty
            : values.Where(static v => v.Value is not null).ToDictionary(static v => v.Key, static v => Convert.ToString(v.Value, CultureInfo.InvariantCulture)!, StringComparer.OrdinalIgnoreCase);
    }

    private static Place PlaceOf(HttpContext context) => context.GetEndpoint()!.Metadata.GetRequiredMetadata<Place>();

    [LoggerMessage(1, LogLevel.Information, "A request was refused before its upgrade: the path's value {Parameter} is missing, or is not of the kind that {Endpoint} takes")]
    private static partial void PlaceRefused(ILogger logger, string parameter, string endpoint);
}
