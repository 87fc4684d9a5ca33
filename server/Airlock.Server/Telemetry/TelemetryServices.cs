using Airlock.Server.Agent;
using Airlock.Server.Settings;
using Airlock.Server.SignIn;
using Microsoft.Extensions.Options;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Airlock.Server.Telemetry;

/// <summary>Metrics for Prometheus at <c>/metrics</c>; metrics, traces and logs by OTLP where <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> says so.</summary>
public static class TelemetryServices
{
    /// <summary>Where Prometheus reads.</summary>
    public const string MetricsPath = "/metrics";

    private const string OtlpEndpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    /// <summary>Adds OpenTelemetry. The usual <c>OTEL_…</c> settings hold, <c>OTEL_SERVICE_NAME</c> among them.</summary>
    public static IServiceCollection AddTelemetry(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configuration);
        services.AddSettings<TelemetryOptions>(configuration);
        var telemetry = services.AddOpenTelemetry()
            .ConfigureResource(static resource => resource.AddService("airlock-server").AddEnvironmentVariableDetector())
            .WithMetrics(static metrics => metrics
                .AddMeter(AirlockTelemetry.MeterName, AgentBreaker.MeterName)
                .AddAspNetCoreInstrumentation()
                .AddRuntimeInstrumentation()
                .AddPrometheusExporter());
        if (!string.IsNullOrEmpty(configuration[OtlpEndpoint]))
        {
            // Spans are made only for somebody who takes them.
            telemetry.WithTracing(static traces => traces
                .AddSource(AirlockTelemetry.ActivitySourceName)
                .AddAspNetCoreInstrumentation(static requests => requests.Filter = static context => context.Request.Path != MetricsPath))
                .WithLogging()
                .UseOtlpExporter();
        }

        return services;
    }

    /// <summary>Serves <see cref="MetricsPath"/>: to this machine, unless <see cref="TelemetryOptions.AllowRemoteMetrics"/> is set.</summary>
    public static void MapMetrics(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        if (!app.Services.GetRequiredService<IOptions<TelemetryOptions>>().Value.AllowRemoteMetrics)
        {
            app.UseWhen(
                static context => context.Request.Path == MetricsPath && !LoopbackGuard.IsFromHere(context),
                static refused => refused.Run(static context => LoopbackGuard.RefuseAsync(context, "The metrics are for this machine only. Set Telemetry:AllowRemoteMetrics=true if everybody who reaches the server may read them.")));
        }

        app.MapPrometheusScrapingEndpoint(MetricsPath);
    }
}
