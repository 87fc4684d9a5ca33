using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Airlock.AspNetCore;

/// <summary>Airlock's part in the host's life: gates from its start, and the drain before the listener closes.</summary>
internal sealed class AirlockHost(AirlockServer server, GateChecks gates, IServiceProvider services, IOptions<AirlockOptions> options, IOptions<HostOptions> host, TimeProvider time) : IHostedLifecycleService, IDisposable
{
    // Two hundred clients a second dial their next connection.
    private static readonly TimeSpan _spreadPerConnection = TimeSpan.FromMilliseconds(5);

    // A client that was called needs a few round trips until its next connection is ready, and one to answer a close.
    private static readonly TimeSpan _toLeave = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan _toClose = TimeSpan.FromMilliseconds(250);

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
    /// <remarks>
    /// Every client is called to leave and has a moment for it. After that nobody waits for a connection with nothing under way, which loses nothing by being closed: there
    /// may be nowhere to move to. A second signal to the process ends all waits.
    /// </remarks>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        var hurry = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var patience = cancellationToken.Register(() => hurry.TrySetResult());
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, _ => hurry.TrySetResult());
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => hurry.TrySetResult());

        var left = host.Value.ShutdownTimeout - options.Value.Endpoint.Timeouts.Close - TimeSpan.FromSeconds(1);
        var budget = Least(left < TimeSpan.Zero ? TimeSpan.Zero : left, options.Value.DrainTimeout);
        var spread = Least(budget / 2, server.ConnectionCount * _spreadPerConnection);
        var drained = server.DrainAsync(budget, options.Value.DrainRetryAfter, spread);
        var rested = RestAsync(Least(budget, spread + _toLeave));
        await Task.WhenAny(drained, rested, hurry.Task);

        // Who is still here is closed with a word, which the abort must not overtake, however late this process gets to write it. Peers that sleep or hang do not answer it.
        _ = server.DrainAsync(TimeSpan.Zero, options.Value.DrainRetryAfter);
        await Task.WhenAny(server.ToldAsync(), hurry.Task);
        await Task.WhenAny(drained, Task.Delay(_toClose, time, CancellationToken.None), hurry.Task);
        foreach (var connection in server.Connections)
        {
            server.Abort(connection);
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

    private async Task RestAsync(TimeSpan first)
    {
        await Task.Delay(first, time);
        await server.RestAsync();
    }

    private static TimeSpan Least(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
