using System.Diagnostics;
using System.Runtime;
using Airlock;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.IdentityModel.Tokens;

namespace EchoServer;

/// <summary>One target on Kestrel: <c>/echo</c>, <c>/broadcast</c>, and <c>/stats</c> for whoever measures.</summary>
internal static class EchoHost
{
    private const string Subscribers = "all";

    /// <summary>Builds it. Not started yet.</summary>
    /// <param name="target">What answers.</param>
    /// <param name="urls">Where to listen.</param>
    /// <param name="key">The key that tokens are signed with.</param>
    public static WebApplication Build(EchoTarget target, string urls, byte[] key)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = Environments.Production });
        builder.Logging.ClearProviders().AddConsole().SetMinimumLevel(LogLevel.Warning)
            // It logs with a stack what it throws as well, and the program says that in words.
            .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        builder.WebHost.UseUrls(urls);
        if (target != EchoTarget.Kestrel)
        {
            AddTokens(builder.Services, key);
        }

        if (target == EchoTarget.SignalR)
        {
            builder.Services.AddSignalR();
        }
        else if (target == EchoTarget.Airlock)
        {
            AddAirlock(builder.Services);
        }

        var app = builder.Build();
        if (target is EchoTarget.Kestrel or EchoTarget.KestrelJwt)
        {
            app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = Timeout.InfiniteTimeSpan });
        }

        Map(app, target);
        app.MapGet("/stats", static (bool collect) => Stats(collect));
        return app;
    }

    private static void AddTokens(IServiceCollection services, byte[] key)
    {
        services.AddAuthorization();
        services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme).AddJwtBearer(options =>
        {
            options.MapInboundClaims = false;
            options.TokenValidationParameters = new TokenValidationParameters { ValidIssuer = Token.Issuer, ValidAudience = Token.Audience, IssuerSigningKey = new SymmetricSecurityKey(key) };
        });
    }

    private static void AddAirlock(IServiceCollection services)
    {
        services.AddHealthChecks().AddCheck("echo", static () => HealthCheckResult.Healthy(), tags: ["gate"]);
        services.AddAirlock(static options =>
        {
            // The generator is one address, however many users it plays.
            options.Endpoint = new EndpointOptions { ConnectionsPerAddressMax = 1_000_000 };
            options.Sessions = new MemorySessionStoreOptions { SessionsPerAddressMax = 1_000_000 };
        });
    }

    private static void Map(WebApplication app, EchoTarget target)
    {
        switch (target)
        {
            case EchoTarget.SignalR:
                app.MapHub<EchoHub>("/echo");
                app.MapHub<EchoHub>("/broadcast");
                break;
            case EchoTarget.Airlock:
                app.MapAirlock("/echo", static (Turn turn) => turn.SendRawAsync(turn.Message));
                app.MapAirlock("/broadcast", BroadcastAsync);
                break;
            case EchoTarget.KestrelJwt:
                app.Map("/echo", EchoSocket.EchoAsync).RequireAuthorization();
                app.Map("/broadcast", EchoSocket.BroadcastAsync).RequireAuthorization();
                break;
            default:
                app.Map("/echo", EchoSocket.EchoAsync);
                app.Map("/broadcast", EchoSocket.BroadcastAsync);
                break;
        }
    }

    private static async Task BroadcastAsync(Turn turn, Sessions sessions, CancellationToken stop)
    {
        if (turn.Sequence == 1)
        {
            await sessions.JoinAsync(turn.Session, Subscribers, stop);
            await turn.SendRawAsync(turn.Message);
        }
        else
        {
            await sessions.SendRawAsync(SessionTarget.OfGroup(Subscribers), turn.Message, stop);
        }
    }

    /// <summary>What the process takes; after a full collection if asked for.</summary>
    private static EchoStats Stats(bool collect)
    {
        if (collect)
        {
            for (var i = 0; i < 2; i++)
            {
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
                GC.WaitForPendingFinalizers();
            }
        }

        using var self = Process.GetCurrentProcess();
        return new EchoStats(self.WorkingSet64, GC.GetTotalMemory(forceFullCollection: false), GC.GetTotalAllocatedBytes(), self.TotalProcessorTime.TotalSeconds, JitInfo.GetCompiledMethodCount());
    }
}
