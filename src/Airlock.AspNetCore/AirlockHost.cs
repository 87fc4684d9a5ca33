using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Airlock.AspNetCore;

/// <summary>Airlock's part in the host's life: gates from its start, and the drain before the listener closes.</summary>
internal sealed class AirlockHost(AirlockServer server, GateChecks gates, IServiceProvider services, IOptions<AirlockOptions> options, IOptions<HostOptions> host) : IHostedLifecycleService, IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private Task _checking = Task.CompletedTask;

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        gates.Declare();
        _checking = gates.RunAsync(_stopping.Token);
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        // Builds every endpoint, so that one that cannot work fails here and not at its first request.
        _ = services.GetRequiredService<EndpointDataSource>().Endpoints;
        return Task.CompletedTask;
    }

    /// <summary>Only here is the listener still open, so that clients find the way out (in <see cref="StopAsync"/> it is closed).</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        var left = host.Value.ShutdownTimeout - options.Value.Endpoint.Timeouts.Close - TimeSpan.FromSeconds(1);
        var budget = left < TimeSpan.Zero ? TimeSpan.Zero : left < options.Value.DrainTimeout ? left : options.Value.DrainTimeout;
        try
        {
            await server.DrainAsync(budget, options.Value.DrainRetryAfter).WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // The host's patience is at its end: what is still open is cut.
        }

        server.StopTurns();
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await _checking;
    }

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _stopping.Dispose();
}
