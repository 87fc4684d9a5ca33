using Airlock.Lab.Wire;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Logging.Console;
using Microsoft.IdentityModel.Tokens;

namespace Airlock.Lab.Hosts;

/// <summary>
/// One subject on real Kestrel, at <c>/chat</c>. Every subject gets the same pipeline, with the incident's mistake in it: HTTP sessions are installed behind what serves the
/// sockets. Only who reads the HTTP session of a WebSocket can tell.
/// </summary>
internal static class LabHost
{
    /// <summary>The path of the chat.</summary>
    public const string Path = "/chat";

    private static readonly TimeSpan _patienceAtTheEnd = TimeSpan.FromSeconds(1);

    /// <summary>Builds it. Not started yet.</summary>
    /// <param name="settings">How.</param>
    public static WebApplication Build(HostSettings settings)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = Environments.Production });
        builder.Logging.ClearProviders().AddConsole(console =>
            {
                console.LogToStandardErrorThreshold = LogLevel.Trace;
                // The slim builder has chosen one, whatever is configured.
                console.FormatterName = builder.Configuration["Logging:Console:FormatterName"] ?? ConsoleFormatterNames.Simple;
            })
            .SetMinimumLevel(LogLevel.Warning)
            // It logs with a stack what it throws as well, and the program says that in words.
            .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        builder.WebHost.UseUrls(settings.Urls);
        AddTokens(builder.Services, settings);
        builder.Services.AddDistributedMemoryCache();
        builder.Services.AddSession();
        if (settings.Subject == HostSubject.Airlock)
        {
            builder.Services.AddAirlock(options =>
            {
                options.DrainTimeout = settings.DrainTimeout;
                options.Endpoint = new EndpointOptions
                {
                    Timeouts = new() { Hello = settings.SetupTimeout, Authentication = settings.SetupTimeout, Gate = settings.ServicesTimeout, Attach = settings.SetupTimeout },
                    // Its user is one test, and so is its address.
                    ConnectionsPerUserMax = 10_000,
                    ConnectionsPerAddressMax = 10_000,
                };
            });
        }
        else
        {
            // Nothing else moves its connections: they are cut.
            builder.Services.Configure<HostOptions>(static host => host.ShutdownTimeout = _patienceAtTheEnd);
        }

        builder.Services.AddSignalR();
        var app = builder.Build();
        app.UseWebSockets();
        app.UseRouting();
        app.UseAuthentication();
        app.UseAuthorization();
        var servicesAreUp = Map(app, settings);
        app.UseEndpoints(static _ => { });
        app.UseSession();
        if ((settings.ServicesCome ?? (settings.ServicesLate is { } late ? stopping => Task.Delay(late, stopping) : null)) is { } come)
        {
            app.Lifetime.ApplicationStarted.Register(() => _ = ComeUpAsync(come(app.Lifetime.ApplicationStopping), servicesAreUp));
        }

        return app;
    }

    /// <summary>Maps the subject; returns what tells it that the service is up.</summary>
    private static Action Map(WebApplication app, HostSettings settings)
    {
        switch (settings.Subject)
        {
            case HostSubject.Legacy:
                var legacy = new LegacyHost(settings, app.Services);
                app.Lifetime.ApplicationStopped.Register(legacy.Dispose);
                app.Map(Path, legacy.ConnectAsync);
                return legacy.ServicesAreUp;
            case HostSubject.Airlock:
                var gates = app.Services.GetRequiredService<AirlockServer>().Gates;
                gates.Declare("agent", required: true);
                app.MapAirlockHealth();
                var endpoint = app.MapAirlock(Path, AnswerAsync);
                if (!settings.AsksForTokens)
                {
                    endpoint.AllowAnonymous();
                }

                return () => gates.Report("agent", GateState.Open);
            default:
                IEndpointConventionBuilder other = settings.Subject == HostSubject.SignalR ? app.MapHub<ChatHub>(Path) : app.Map(Path, PlainEndpoint.ConnectAsync);
                if (settings.AsksForTokens)
                {
                    other.RequireAuthorization();
                }

                return static () => { };
        }
    }

    private static async Task AnswerAsync(Turn turn) => await turn.SendAsync($"{turn.As<string>()} {turn.Principal.Subject}");

    private static async Task ComeUpAsync(Task come, Action servicesAreUp)
    {
        await come.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        servicesAreUp();
    }

    private static void AddTokens(IServiceCollection services, HostSettings settings)
    {
        services.AddAuthorization();
        services.AddAuthentication().AddJwtBearer(options =>
        {
            options.MapInboundClaims = false;
            options.RequireHttpsMetadata = false;
            options.Authority = settings.JwtAuthority;
            options.TokenValidationParameters = new TokenValidationParameters { ValidAudience = LabToken.Audience, ClockSkew = TimeSpan.Zero };
            if (settings.JwtKey is { } key)
            {
                options.TokenValidationParameters.ValidIssuer = LabToken.Issuer;
                options.TokenValidationParameters.IssuerSigningKey = new SymmetricSecurityKey(key);
            }

            // Where a SignalR client in a browser puts it.
            options.Events = new JwtBearerEvents
            {
                OnMessageReceived = static context =>
                {
                    context.Token = context.Request.Query["access_token"];
                    return Task.CompletedTask;
                },
            };
        });
    }
}
