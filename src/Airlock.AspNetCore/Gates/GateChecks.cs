using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Airlock.AspNetCore;

/// <summary>Runs the health checks that are gates, once for the whole process, and publishes what they find.</summary>
internal sealed partial class GateChecks(
    AirlockServer server, IServiceScopeFactory scopes, TimeProvider time, IOptions<HealthCheckServiceOptions> checks, IOptions<AirlockOptions> options, ILogger<GateChecks> logger)
{
    private readonly TaskCompletionSource _checkedOnce = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<HealthCheckRegistration> _gates = [.. checks.Value.Registrations.Where(static r => r.Tags.Contains("gate"))];
    private int _unchecked;

    /// <summary>Whether every gate has been looked at.</summary>
    internal bool IsCheckedOnce => _checkedOnce.Task.IsCompleted;

    /// <summary>Declares the gates. Before the first connection.</summary>
    /// <exception cref="InvalidOperationException">A tag is nearly one that means something here.</exception>
    internal void Declare()
    {
        foreach (var check in checks.Value.Registrations)
        {
            if (check.Tags.FirstOrDefault(static t => t is not ("gate" or "optional") && t.ToLowerInvariant() is ("gate" or "optional")) is { } tag)
            {
                throw new InvalidOperationException($"The health check '{check.Name}' has the tag '{tag}', which means nothing: tags are told apart by case. Write '{tag.ToLowerInvariant()}'.");
            }
        }

        foreach (var gate in _gates)
        {
            server.Gates.Declare(gate.Name, required: !gate.Tags.Contains("optional"));
        }
    }

    /// <summary>Checks all gates, each at its own pace, until cancelled.</summary>
    internal Task RunAsync(CancellationToken cancellationToken)
    {
        _unchecked = _gates.Count;
        if (_gates.Count == 0)
        {
            _checkedOnce.TrySetResult();
        }

        return Task.WhenAll(_gates.Select(gate => WatchAsync(gate, cancellationToken)));
    }

    private async Task WatchAsync(HealthCheckRegistration gate, CancellationToken cancellationToken)
    {
        var rhythm = new GateRhythm(options.Value);
        var checking = Task.FromResult(HealthStatus.Unhealthy);
        for (var isFirst = true; ; isFirst = false)
        {
            var before = rhythm.State;
            // One that ignored its timeout and still runs has not answered; a second one beside it would not help.
            checking = checking.IsCompleted ? CheckAsync(gate, cancellationToken) : checking;
            var answer = await AnswerAsync(gate, checking, cancellationToken);
            if (cancellationToken.IsCancellationRequested)
            {
                return;
            }

            var next = rhythm.Observe(answer);
            server.Gates.Report(gate.Name, rhythm.State, rhythm.State is GateState.Open or GateState.Degraded ? null : next);
            if (rhythm.State != before)
            {
                GateChanged(logger, gate.Name, before, rhythm.State);
            }

            if (isFirst && Interlocked.Decrement(ref _unchecked) == 0)
            {
                _checkedOnce.TrySetResult();
            }

            try
            {
                await Task.Delay(next, time, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <summary>The result, or that of a failure if it does not come in time.</summary>
    private async Task<HealthStatus> AnswerAsync(HealthCheckRegistration gate, Task<HealthStatus> checking, CancellationToken cancellationToken)
    {
        try
        {
            return await checking.WaitAsync(TimeoutOf(gate), time, cancellationToken);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            return gate.FailureStatus;
        }
    }

    private async Task<HealthStatus> CheckAsync(HealthCheckRegistration gate, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(TimeoutOf(gate), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        await using var scope = scopes.CreateAsyncScope();
        try
        {
            // A check that works before its first await must not hold up the host's start.
            await Task.Yield();
            return (await gate.Factory(scope.ServiceProvider).CheckHealthAsync(new HealthCheckContext { Registration = gate }, either.Token)).Status;
        }
        catch (Exception e)
        {
            // Somebody else's code: whatever it throws, its gate is not open.
            CheckThrew(logger, e, gate.Name);
            return gate.FailureStatus;
        }
    }

    private TimeSpan TimeoutOf(HealthCheckRegistration gate) => gate.Timeout > TimeSpan.Zero ? gate.Timeout : options.Value.GateCheckTimeout;

    [LoggerMessage(1, LogLevel.Information, "Gate {Gate}: {Before} -> {After}")]
    private static partial void GateChanged(ILogger logger, string gate, GateState before, GateState after);

    [LoggerMessage(2, LogLevel.Debug, "The check of gate {Gate} threw")]
    private static partial void CheckThrew(ILogger logger, Exception exception, string gate);
}
