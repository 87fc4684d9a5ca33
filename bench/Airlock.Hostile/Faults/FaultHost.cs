using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
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

    /// <summary>The issuer; set by a process that serves for another.</summary>
    public static Tokens Tokens { get; set; } = new();

    /// <summary>What it shows to clients that come over TLS.</summary>
    public static X509Certificate2 Certificate { get; } = SelfSigned();

    public AirlockServer Server => _app.Services.GetRequiredService<AirlockServer>();

    public int Port => new Uri(_app.Urls.First()).Port;

    /// <summary>Where it speaks TLS.</summary>
    public int TlsPort => new Uri(_app.Urls.Last()).Port;

    /// <param name="upgradesMax">How many WebSockets the host may have; null for any number.</param>
    /// <param name="port">Where it listens without TLS; 0: anywhere.</param>
    public static async Task<FaultHost> StartAsync(long? upgradesMax = null, int port = 0)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = Environments.Production });
        builder.Logging.ClearProviders().AddProvider(Log).SetMinimumLevel(LogLevel.Error).AddFilter("Airlock", LogLevel.Debug);
        builder.WebHost.UseKestrel(kestrel =>
        {
            kestrel.Limits.MaxConcurrentUpgradedConnections = upgradesMax;
            kestrel.Listen(IPAddress.Loopback, port, static listener => listener.Protocols = HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, 0, static listener =>
            {
                listener.Protocols = HttpProtocols.Http1;
                listener.UseHttps(Certificate);
            });
        });
        builder.Services.AddAuthentication().AddJwtBearer(static bearer =>
        {
            bearer.MapInboundClaims = false;
            bearer.TokenValidationParameters = new TokenValidationParameters { ClockSkew = TimeSpan.Zero, ValidIssuer = Tokens.Issuer, ValidAudience = Tokens.Audience, IssuerSigningKey = new SymmetricSecurityKey(Convert.FromBase64String(Tokens.Key)) };
        });
        builder.Services.AddAuthorization();
        builder.Services.AddSingleton<ISessionStore>(new FailingStore(new MemorySessionStore(TimeProvider.System, new SystemEntropy(), new() { SessionsPerAddressMax = 1_000_000 })));
        builder.Services.AddAirlock();
        var app = builder.Build();
        app.MapAirlock("/calm", EchoAsync, With(new()));
        app.MapAirlock("/quick", EchoAsync, With(new() { Idle = TimeSpan.FromSeconds(4), Pong = TimeSpan.FromSeconds(4), Close = TimeSpan.FromSeconds(1) }));
        app.MapAirlock("/hello", EchoAsync, With(new() { Hello = TimeSpan.FromSeconds(1) }));
        app.MapAirlock("/drip", EchoAsync, With(new() { Idle = TimeSpan.FromSeconds(1), Pong = TimeSpan.FromMinutes(1), Message = TimeSpan.FromSeconds(2), Close = TimeSpan.FromSeconds(1) }));
        app.MapAirlock("/store", EchoAsync, With(new() { Attach = TimeSpan.FromSeconds(2) }));
        app.MapAirlock("/fails", FailAsync, With(new(), tryDelay: TimeSpan.FromMilliseconds(10)));
        // The kernel takes nearly 4 MB of loopback's, so a session that holds no more than that may never see its peer stall.
        app.MapAirlock("/slow", FloodAsync, With(new() { Write = TimeSpan.FromSeconds(2), Close = TimeSpan.FromSeconds(1) }) with { Session = new SessionLimits { OutboxBytesMax = 32 * 1024 * 1024 } });
        await app.StartAsync();
        return new FaultHost(app);
    }

    /// <summary>When somebody has asked the process to end, and everything has.</summary>
    public Task StoppedAsync() => _app.WaitForShutdownAsync();

    // Not stopped but left: nobody is there any more who could be moved.
    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static EndpointOptions With(LifecycleTimeouts timeouts, TimeSpan? tryDelay = null)
    {
        var options = new EndpointOptions { Timeouts = timeouts, ConnectionsPerAddressMax = 1_000_000 };
        return tryDelay is { } delay ? options with { TryDelay = delay } : options;
    }

    private static X509Certificate2 SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    private static async Task FailAsync(Turn turn)
    {
        if (Encoding.UTF8.GetString(turn.Message.Span).Contains("fail", StringComparison.Ordinal))
        {
            throw new InvalidOperationException("This message cannot be handled.");
        }

        await turn.SendRawAsync(turn.Message);
    }

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
