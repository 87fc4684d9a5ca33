using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Airlock.AspNetCore.Tests;

/// <summary>A gate that the test opens and closes.</summary>
internal sealed class ClosedGate : IHealthCheck
{
    internal HealthCheckResult Result { get; set; } = HealthCheckResult.Unhealthy();

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(Result);

    /// <summary>Adds a required gate that never opens.</summary>
    internal static void Add(IServiceCollection services) => new ClosedGate().AddTo(services, "database");

    internal void AddTo(IServiceCollection services, string name, bool optional = false) =>
        services.AddHealthChecks().AddCheck(name, this, tags: optional ? ["gate", "optional"] : ["gate"]);
}
