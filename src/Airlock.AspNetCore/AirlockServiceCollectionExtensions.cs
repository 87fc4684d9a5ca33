using System.Diagnostics.Metrics;
using Airlock;
using Airlock.AspNetCore;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds Airlock to an application.</summary>
public static class AirlockServiceCollectionExtensions
{
    /// <summary>Adds what <c>MapAirlock</c> needs: <see cref="AirlockServer"/> and <see cref="Sessions"/> as services, gates from health checks, tickets, and the drain when the host stops. JSON is the application's (<c>ConfigureHttpJsonOptions</c>).</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Sets options, or null for the defaults. Wrong ones fail when the host starts.</param>
    /// <returns>The same services. A second call only adds its configuration.</returns>
    public static IServiceCollection AddAirlock(this IServiceCollection services, Action<AirlockOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = services.AddOptions<AirlockOptions>();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        if (services.Any(static s => s.ServiceType == typeof(AirlockServer)))
        {
            return services;
        }

        options.ValidateOnStart();
        services.AddSingleton<IValidateOptions<AirlockOptions>, AirlockOptionsCheck>();
        services.AddRouting();
        services.AddMetrics();
        services.AddHealthChecks();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(NewServer);
        services.AddSingleton(static p => p.GetRequiredService<AirlockServer>().Sessions);
        services.AddSingleton<Tickets>();
        services.AddSingleton<CarrierValidation>();
        services.AddSingleton<Authenticator>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<MatcherPolicy, AuthorizationHidingPolicy>());
        services.AddSingleton(static p => new AnonymousUsers(p.GetService<IDataProtectionProvider>() ?? new EphemeralDataProtectionProvider(), ApplicationOf(p)));
        services.AddSingleton<GateChecks>();
        services.AddSingleton<MappedRoutes>();
        services.AddHostedService<AirlockHost>();
        services.Replace(ServiceDescriptor.Singleton<IHttpContextFactory, TicketHidingContextFactory>());
        return services;
    }

    /// <summary>The application, apart from others: by the name that it gave itself, else by its folder and its program, since two of them lie at <c>/app</c> of their containers.</summary>
    private static string ApplicationOf(IServiceProvider provider)
    {
        var folder = provider.GetApplicationUniqueIdentifier();
        return provider.GetService<IOptions<DataProtectionOptions>>()?.Value.ApplicationDiscriminator is { Length: > 0 } named && named != folder ? named
            : $"{folder}\n{provider.GetService<IHostEnvironment>()?.ApplicationName}";
    }

    private static AirlockServer NewServer(IServiceProvider provider)
    {
        var time = provider.GetRequiredService<TimeProvider>();
        var entropy = new SystemEntropy();
        var options = provider.GetRequiredService<IOptions<AirlockOptions>>().Value;
        var store = provider.GetService<ISessionStore>() ?? new MemorySessionStore(time, entropy, options.Sessions);
        var json = provider.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
        return new AirlockServer(time, entropy, store, provider.GetRequiredService<ILoggerFactory>().CreateLogger("Airlock"), provider.GetRequiredService<IMeterFactory>(), json, options.TurnsMax);
    }
}
