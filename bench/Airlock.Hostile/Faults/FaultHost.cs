using System.Net;
using System.Text;
using Airlock.Core;
using Airlock.Hostile.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.IdentityModel.Tokens;

namespace Airlock.Hostile.Faults;

/// <summary>The server that faults are injected at: real Kestrel in this process, with endpoints whose deadlines suit the faults.</summary>
internal sealed class FaultHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private FaultHost(WebApplication app) => _app = app;

    public static FaultLog Log { get; } = new();

    public static Tokens Tokens { get; } = new();

    public AirlockServer Server => _app.Services.GetRequiredService<AirlockServer>();

    public int Port => new Uri(_app.Urls.First()).Port;

    /// <param name="upgradesMax">How many WebSockets the host may have; null for any number.</param>
    public static async Task<FaultHost> StartAsync(long? upgradesMax = null)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = Environments.Production });
        builder.Logging.ClearProviders().AddProvider(Log).SetMinimumLevel(LogLevel.Error).AddFilter("Airlock", LogLevel.Debug);
        builder.WebHost.UseKestrel(kestrel =>
        {
            kestrel.Limits.MaxConcurrentUpgradedConnections = upgradesMax;
            kestrel.Listen(IPAddress.Loopback, 0, static listener => listener.Protocols = HttpProtocols.Http1);
        });
        builder.Services.AddAuthentication().AddJwtBearer(static bearer =>
        {
            bearer.MapInboundClaims = false;
            bearer.TokenValidationParameters = new TokenValidationParameters { ValidIssuer = Tokens.Issuer, ValidAudience = Tokens.Audience, IssuerSigningKey = new SymmetricSecurityKey(Convert.FromBase64String(Tokens.Key)) };
        });
        builder.Services.AddAuthorization();
        builder.Services.AddSingleton<ISessionStore>(new MemorySessionStore(TimeProvider.System, new SystemEntropy(), new() { SessionsPerAddressMax = 1_000_000 }));
        builder.Services.AddAirlock();
        var app = builder.Build();
        app.MapAirlock("/calm", EchoAsync, With(new()));
        app.MapAirlock("/quick", EchoAsync, With(new() { Idle = TimeSpan.FromSeconds(4), Pong = TimeSpan.FromSeconds(4), Close = TimeSpan.FromSeconds(1) }));
        app.MapAirlock("/hello", EchoAsync, With(new() { Hello = TimeSpan.FromSeconds(1) }));
        app.MapAirlock("/drip", EchoAsync, With(new() { Idle = TimeSpan.FromSeconds(1), Pong = TimeSpan.FromMinutes(1), Message = TimeSpan.FromSeconds(2), Close = TimeSpan.FromSeconds(1) }));
        app.MapAirlock("/slow", FloodAsync, With(new() { Write = TimeSpan.FromSeconds(2), Close = TimeSpan.FromSeconds(1) }));
        await app.StartAsync();
        return new FaultHost(app);
    }

    // Not stopped but left: nobody is there any more who could be moved.
    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static EndpointOptions With(LifecycleTimeouts timeouts) => new() { Timeouts = timeouts, ConnectionsPerAddressMax = 1_000_000 };

    private static async Task EchoAsync(Turn turn) => await turn.SendRawAsync(turn.Message);

    /// <summary>Sends far more than the buffers on the way take.</summary>
    private static async Task FloodAsync(Turn turn, CancellationToken stop)
    {
        await turn.SendRawAsync(turn.Message);
        if (!Encoding.UTF8.GetString(turn.Message.Span).Contains("flood", StringComparison.Ordinal))
        {
            return;
        }

        var part = new string('x', 64 * 1024);
        for (var i = 0; i < 300; i++)
        {
            stop.ThrowIfCancellationRequested();
            await turn.StreamAsync(part);
        }
    }
}
