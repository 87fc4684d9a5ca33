using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Airlock.Lab.Simulation;
using Airlock.Lab.Subjects.Legacy;
using Airlock.Lab.Traces;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.IdentityModel.Tokens;

namespace Airlock.Lab.Hosts;

/// <summary>The legacy model on a real server: it gets real requests, sockets, tokens and time instead of simulated ones, and is otherwise the same.</summary>
internal sealed class LegacyHost : IDisposable
{
    private const string TokenProtocolPrefix = "jwt.";
    private const string Protocol = "jwt-auth";
    private readonly HostSettings _settings;
    private readonly IServiceProvider _services;
    private readonly ServiceBoard _board = new();
    private readonly EventLoop _loop = new();
    private readonly LegacyEndpoint _endpoint;
    private int _connections;

    public LegacyHost(HostSettings settings, IServiceProvider services)
    {
        _settings = settings;
        _services = services;
        _board.Declare("agent", up: settings.ServicesLate == TimeSpan.Zero);
        _endpoint = new LegacyEndpoint(new LegacySurroundings
        {
            Faults = settings.Faults,
            Time = TimeProvider.System,
            Trace = new Trace([]),
            Services = _board,
            Settings = new ServerSettings { SetupTimeout = settings.SetupTimeout, ServicesTimeout = settings.ServicesTimeout },
            AskAsync = AskAsync,
            HandleAsync = static (_, user, _, message, _) => ValueTask.FromResult($"{message} {user}"),
        });
    }

    /// <summary>The service that connections wait for is up.</summary>
    public void ServicesAreUp() => _loop.Post(_ => _board.Set("agent", up: true), null);

    /// <summary>Serves a request to its end.</summary>
    public Task ConnectAsync(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            context.Response.StatusCode = StatusCodes.Status426UpgradeRequired;
            return Task.CompletedTask;
        }

        var offered = context.WebSockets.WebSocketRequestedProtocols;
        // As the incident's phase 1 did it: of what is offered only this word is ever selected, else nothing, which browsers do not forgive.
        var selected = offered.Contains(Protocol) ? Protocol : null;
        var name = string.Create(CultureInfo.InvariantCulture, $"c{Interlocked.Increment(ref _connections)}");
        return _loop.StartAsync(() => _endpoint.ServeAsync(new LegacyUpgrade(name, TokenOf(context.Request, offered), async _ => await context.WebSockets.AcceptWebSocketAsync(selected))
        {
            ReadSession = () => _ = context.Session.IsAvailable,
        }));
    }

    public void Dispose() => _loop.Dispose();

    /// <summary>The header first, then the sub-protocol, then the address (dossier §2.10).</summary>
    private static string? TokenOf(HttpRequest request, IList<string> offered)
    {
        if (request.Headers.Authorization.ToString() is var header && header.StartsWith("Bearer ", StringComparison.Ordinal))
        {
            return header["Bearer ".Length..];
        }

        if (offered.FirstOrDefault(static p => p.StartsWith(TokenProtocolPrefix, StringComparison.Ordinal)) is { } protocol)
        {
            var encoded = protocol[TokenProtocolPrefix.Length..];
            return Base64Url.IsValid(encoded) ? Encoding.UTF8.GetString(Base64Url.DecodeFromChars(encoded)) : encoded;
        }

        return request.Query["token"].ToString() is { Length: > 0 } token ? token : null;
    }

    private async ValueTask<(string? User, AuthorityRefusal? Refusal)> AskAsync(string? token)
    {
        if (!_settings.AsksForTokens)
        {
            return (token?.Split(':')[^1] ?? "anonymous", null);
        }

        if (token is null)
        {
            return (null, AuthorityRefusal.Missing);
        }

        // A scope of its own: a handler keeps its result as long as it lives.
        await using var scope = _services.CreateAsyncScope();
        var context = new DefaultHttpContext { RequestServices = scope.ServiceProvider };
        context.Request.Headers.Authorization = $"Bearer {token}";
        var result = await context.AuthenticateAsync(JwtBearerDefaults.AuthenticationScheme);
        return result switch
        {
            { Succeeded: true, Principal: { } principal } => (principal.FindFirst("sub")!.Value, null),
            { Failure: SecurityTokenExpiredException } => (null, AuthorityRefusal.Expired),
            { Failure: SecurityTokenMalformedException or ArgumentException } => (null, AuthorityRefusal.Malformed),
            // Without its authority the scheme knows neither keys nor issuer.
            _ when _settings.JwtAuthority is not null => (null, AuthorityRefusal.Unavailable),
            _ => (null, AuthorityRefusal.Invalid),
        };
    }
}
