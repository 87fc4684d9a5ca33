using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Airlock.Core;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.IdentityModel.Tokens;

namespace Airlock.Hostile.Hosting;

/// <summary>
/// A chat as an application would build it, on Kestrel: tokens, a required gate, sessions. On a second port of the loopback it tells what it holds and does what an
/// attack needs done.
/// </summary>
internal sealed class AttackedHost : IHealthCheck, IDisposable
{
    /// <summary>The group that every session is in which asked for it.</summary>
    public const string Group = "everybody";

    private readonly HostSettings _settings;
    private readonly MemorySessionStore _store;
    private readonly CloseLog _log = new();
    private readonly ConcurrentDictionary<ConnectionContext, byte> _transports = new();
    private volatile bool _gateIsOpen;
    private long _requestsOpen;
    private long _requests;

    private AttackedHost(HostSettings settings)
    {
        _settings = settings;
        _gateIsOpen = settings.GateIsOpen;
        _store = new MemorySessionStore(TimeProvider.System, new SystemEntropy(), new()
        {
            ResumeTimeout = TimeSpan.FromSeconds(settings.ResumeSeconds),
            MemoryLifetime = TimeSpan.FromSeconds(settings.MemorySeconds),
            SessionsPerAddressMax = settings.SessionsPerAddressMax,
        });
    }

    /// <summary>Serves until the standard input ends, so that a server never outlives whoever attacks it.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync()
    {
        var settings = JsonSerializer.Deserialize<HostSettings>(await Console.In.ReadLineAsync() ?? "{}")!;
        using var host = new AttackedHost(settings);
        await using var app = host.Build();
        await app.StartAsync();
        var ports = app.Urls.Select(static url => new Uri(url).Port).ToArray();
        Console.WriteLine($"{ports[0]} {ports[1]}");
        await Task.Run(static () => Console.In.ReadToEnd());
        // Not stopped but left: nobody is there any more who could be moved.
        return 0;
    }

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(_gateIsOpen ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy());

    public void Dispose()
    {
        _store.Dispose();
        _log.Dispose();
    }

    private WebApplication Build()
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = Environments.Production });
        builder.Logging.ClearProviders().AddProvider(_log).SetMinimumLevel(LogLevel.Error).AddFilter("Airlock", LogLevel.Debug);
        builder.WebHost.UseKestrel(kestrel =>
        {
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(_settings.RequestHeadersSeconds);
            kestrel.Listen(IPAddress.Loopback, 0, listener => Observe(listener));
            kestrel.Listen(IPAddress.Loopback, 0, static listener => listener.Protocols = HttpProtocols.Http1);
        });
        if (_settings.SendBuffer > 0)
        {
            builder.Services.Configure<SocketTransportOptions>(sockets => sockets.CreateBoundListenSocket = endPoint =>
            {
                var listener = SocketTransportOptions.CreateDefaultBoundListenSocket(endPoint);
                listener.SendBufferSize = _settings.SendBuffer;
                return listener;
            });
        }

        builder.Services.AddAuthentication().AddJwtBearer(bearer =>
        {
            bearer.MapInboundClaims = false;
            bearer.TokenValidationParameters = new TokenValidationParameters
            {
                ValidIssuer = Tokens.Issuer,
                ValidAudience = Tokens.Audience,
                IssuerSigningKey = new SymmetricSecurityKey(Convert.FromBase64String(_settings.Key)),
            };
        });
        builder.Services.AddAuthorization();
        builder.Services.AddHealthChecks().AddCheck("database", this, tags: ["gate"]);
        builder.Services.AddSingleton<ISessionStore>(_store);
        builder.Services.AddAirlock(Configure);
        var app = builder.Build();
        app.Use(CountAsync);
        app.MapAirlock("/chat", ChatAsync);
        MapControl(app.MapGroup("/control"), app.Services.GetRequiredService<AirlockServer>());
        return app;
    }

    private void Configure(Airlock.AspNetCore.AirlockOptions options)
    {
        options.TicketLifetime = TimeSpan.FromSeconds(_settings.TicketSeconds);
        options.TicketsMax = _settings.TicketsMax;
        options.GateIntervalClosed = TimeSpan.FromMilliseconds(100);
        options.Endpoint = new EndpointOptions
        {
            ConnectionsPerUserMax = _settings.ConnectionsPerUserMax,
            ConnectionsPerAddressMax = _settings.ConnectionsPerAddressMax,
            Session = new SessionLimits { OutboxBytesMax = _settings.OutboxBytesMax },
            Timeouts = new LifecycleTimeouts
            {
                Hello = TimeSpan.FromSeconds(_settings.HelloSeconds),
                Gate = TimeSpan.FromSeconds(_settings.GateSeconds),
                Idle = TimeSpan.FromSeconds(_settings.IdleSeconds),
                Pong = TimeSpan.FromSeconds(_settings.PongSeconds),
                Write = TimeSpan.FromSeconds(_settings.WriteSeconds),
                Close = TimeSpan.FromSeconds(_settings.CloseSeconds),
            },
        };
    }

    /// <summary>Keeps what can be cut.</summary>
    private void Observe(ListenOptions listener)
    {
        listener.Protocols = HttpProtocols.Http1;
        listener.Use(next => async transport =>
        {
            _transports.TryAdd(transport, 0);
            try
            {
                await next(transport);
            }
            finally
            {
                _transports.TryRemove(transport, out _);
            }
        });
    }

    private async Task CountAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Request.Headers.Upgrade != "websocket")
        {
            await next(context);
            return;
        }

        Interlocked.Increment(ref _requests);
        Interlocked.Increment(ref _requestsOpen);
        try
        {
            await next(context);
        }
        finally
        {
            Interlocked.Decrement(ref _requestsOpen);
        }
    }

    /// <summary>Says everything back, but for what an attack asks for.</summary>
    private static async Task ChatAsync(Turn turn, Sessions sessions, CancellationToken stop)
    {
        if (turn.Message.Span[0] != '{')
        {
            await turn.SendRawAsync(turn.Message);
            return;
        }

        var wish = turn.As<Wish>()!;
        switch (wish.Do)
        {
            case "join":
                await sessions.JoinAsync(turn.Session, Group, stop);
                break;
            case "hold":
                await Task.Delay(Timeout.Infinite, stop);
                break;
            case "flood":
                var part = new byte[wish.Bytes];
                part.AsSpan().Fill((byte)'7');
                for (var i = 0; i < wish.Parts; i++)
                {
                    await turn.StreamRawAsync(part);
                }

                break;
        }

        await turn.SendRawAsync("null"u8.ToArray());
    }

    private void MapControl(IEndpointRouteBuilder control, AirlockServer server)
    {
        control.MapGet("/counters", (HttpContext context) => WriteAsync(context, CountersOf(server, context.Request.Query["collect"] == "1")));
        control.MapPost("/gate", context =>
        {
            _gateIsOpen = true;
            return Task.CompletedTask;
        });
        control.MapPost("/cut", context =>
        {
            foreach (var transport in _transports.Keys)
            {
                transport.Abort();
            }

            return Task.CompletedTask;
        });
        control.MapPost("/disconnect", async context =>
            await server.Sessions.DisconnectAsync(SessionTarget.OfGroup(Group), TimeSpan.FromMilliseconds(double.Parse(context.Request.Query["spread"]!, CultureInfo.InvariantCulture))));
        control.MapPost("/push", async context =>
        {
            var payload = await new StreamReader(context.Request.Body).ReadToEndAsync();
            await WriteAsync(context, await server.Sessions.SendRawAsync(SessionTarget.OfGroup(Group), System.Text.Encoding.UTF8.GetBytes(payload)));
        });
    }

    private static Task WriteAsync<T>(HttpContext context, T value)
    {
        context.Response.ContentType = "application/json";
        return context.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(value)).AsTask();
    }

    private Counters CountersOf(AirlockServer server, bool collect)
    {
        if (collect)
        {
            // Twice, with the finalizers between: what they let go of is gone as well.
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: true);
        }

        using var process = Process.GetCurrentProcess();
        return new Counters
        {
            Connections = server.ConnectionCount,
            RequestsOpen = Interlocked.Read(ref _requestsOpen),
            Requests = Interlocked.Read(ref _requests),
            Sessions = _store.Count,
            Users = _store.UserCount,
            Deadlines = server.Platform.Deadlines.Count,
            Timers = Timer.ActiveCount,
            Handlers = server.Gates.WatcherCount,
            Heap = GC.GetTotalMemory(forceFullCollection: false),
            Pinned = GC.GetGCMemoryInfo(GCKind.FullBlocking).GenerationInfo[4].SizeAfterBytes,
            WorkingSet = process.WorkingSet64,
            Handles = Directory.GetFiles("/proc/self/fd").Length,
            Threads = process.Threads.Count,
            Processor = process.TotalProcessorTime.TotalSeconds,
            Closes = _log.Closes,
            Closes1011 = _log.Closes1011,
            Errors = _log.Errors,
            ErrorCount = _log.ErrorCount,
        };
    }

    private sealed record Wish(string Do, int Parts, int Bytes);
}
