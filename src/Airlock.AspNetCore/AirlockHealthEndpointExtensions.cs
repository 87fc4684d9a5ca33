using System.Text.Json;
using Airlock;
using Airlock.AspNetCore;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps what an orchestrator asks.</summary>
public static class AirlockHealthEndpointExtensions
{
    /// <summary>
    /// Maps <c>{prefix}/live</c> (the process answers), <c>{prefix}/startup</c> (every gate was looked at once) and <c>{prefix}/ready</c> (the required gates
    /// are open and the server is not going away), which <c>{prefix}</c> itself answers, too. Each answers 200 or 503 with a JSON body, to anybody, from what is known: nothing is checked for a request.
    /// </summary>
    /// <param name="endpoints">Where to.</param>
    /// <param name="prefix">The path they share. Default: <c>/health</c>.</param>
    /// <returns>All of them, for further conventions.</returns>
    /// <exception cref="InvalidOperationException"><c>AddAirlock</c> was not called.</exception>
    /// <remarks>Once for each prefix: a second call with the same one is refused, with an <see cref="ArgumentException"/>, when the host starts.</remarks>
    public static IEndpointConventionBuilder MapAirlockHealth(this IEndpointRouteBuilder endpoints, string prefix = "/health")
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(prefix);
        var server = endpoints.ServiceProvider.GetService<AirlockServer>() ?? throw new InvalidOperationException("Call services.AddAirlock() before MapAirlockHealth.");
        var gates = endpoints.ServiceProvider.GetRequiredService<GateChecks>();
        var routes = endpoints.ServiceProvider.GetRequiredService<MappedRoutes>();
        var group = endpoints.MapGroup(prefix);
        group.MapGet("", context => WriteAsync(context, server, "ready", IsReady(server)));
        group.MapGet("/live", context => WriteAsync(context, server, "live", true));
        group.MapGet("/startup", context => WriteAsync(context, server, "startup", gates.IsCheckedOnce));
        group.MapGet("/ready", context => WriteAsync(context, server, "ready", IsReady(server)));
        ((IEndpointConventionBuilder)group).Finally(builder => routes.Take(builder, group, "MapAirlockHealth", "Call it once, or give each call a prefix of its own."));
        return group.WithMetadata(new AllowAnonymousAttribute());
    }

    private static bool IsReady(AirlockServer server) => server.Gates.Status.RequiredOpen && !server.IsDraining;

    private static async Task WriteAsync(HttpContext context, AirlockServer server, string probe, bool isGood)
    {
        context.Response.StatusCode = isGood ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-store";
        var gates = server.Gates.Gates.Select(static g => new GateAnswer(g.Name, g.IsRequired, g.State.ToString().ToLowerInvariant()));
        var body = JsonSerializer.SerializeToUtf8Bytes(new HealthAnswer(probe, isGood, server.IsDraining, [.. gates]), HttpJson.Default.HealthAnswer);
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }
}
